import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { pause } from "../../client/pause.ts";
import type { Container } from "../runtime/contract.ts";
import { HttpError } from "./http_error.ts";
import type { KubeletContext } from "./context.ts";
import { requestedPorts, requestedStreams, type Route, route } from "./route.ts";
import { passThrough } from "./streaming/pass_through.ts";
import { joinPortForward, PORT_FORWARD_PROTOCOLS } from "./streaming/port_forward.ts";
import { joinRemoteCommand, REMOTE_COMMAND_PROTOCOLS } from "./streaming/remote_command.ts";
import { acceptWebSocket } from "./streaming/web_socket.ts";

/** Exec, attach and port-forward, over WebSocket or SPDY. Throws before anything was answered; resolves when the stream has ended. */
export async function upgradeStream(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  context: KubeletContext,
): Promise<void> {
  const url = new URL(request.url ?? "/", "https://node");
  const found = route(url.pathname);
  if (!found || !(found.kind === "exec" || found.kind === "attach" || found.kind === "portForward")) {
    throw new HttpError(404, "404 page not found");
  }
  if (!context.pods.pod(found.namespace, found.pod)) {
    throw new HttpError(404, `pod "${found.pod}" does not exist in namespace "${found.namespace}"`);
  }
  if (found.kind === "exec") {
    const leave = await context.starts.enter(`${found.namespace}/${found.pod}`);
    if (socket.destroyed) return leave();
    socket.once("close", leave);
  }
  const forms = found.kind === "portForward"
    ? await portForward(found, url.searchParams, context)
    : await remoteCommand(found, url.searchParams, context);
  const form = String(request.headers.upgrade ?? "").toLowerCase();
  if (form === "websocket") await forms.webSocket(request, socket, head);
  else if (form === "spdy/3.1") await passThrough(request, socket, head, forms.url, context);
  else throw new HttpError(400, `unable to upgrade: ${JSON.stringify(form)} is neither websocket nor SPDY/3.1`);
}

interface Forms {
  readonly url: string;
  webSocket(request: IncomingMessage, socket: Duplex, head: Uint8Array): Promise<void>;
}

async function remoteCommand(
  { kind, namespace, pod, container }: Extract<Route, { kind: "exec" | "attach" }>,
  query: URLSearchParams,
  context: KubeletContext,
): Promise<Forms> {
  const streams = requestedStreams(query);
  const containerId = context.pods.containerId(namespace, pod, container, false);
  if (containerId === undefined) throw new HttpError(404, `container "${container}" not found in pod "${pod}"`);
  const command = query.getAll("command");
  const since = context.clock.now();
  const url = kind === "exec"
    ? await context.runtime.exec({ containerId, command, ...streams }, context.signal)
    : await context.runtime.attach({ containerId, ...streams }, context.signal);
  return {
    url,
    async webSocket(request, socket, head) {
      const accepted = await acceptWebSocket(request, socket, head, REMOTE_COMMAND_PROTOCOLS, context.clock);
      if (!accepted) return;
      const explainSilence = kind === "attach" ? () => endedAtOnce(context, containerId, since) : undefined;
      await joinRemoteCommand(accepted, url, streams, { ...context, ...explainSilence && { explainSilence } });
    },
  };
}

/** Milliseconds after an attachment; a container that lives longer would have been seen to say something. */
const AT_ONCE = 5_000;
/** The runtime's streams end a moment before it knows of the container's end. */
const LOOKS = 10, BETWEEN_LOOKS = 50;

/**
 * A container that ends right after a client attached may have said all it had to say before. An error makes `kubectl run -i` read its log
 * instead of showing nothing.
 */
async function endedAtOnce(
  { runtime, signal, clock }: KubeletContext,
  containerId: string,
  since: number,
): Promise<Error | undefined> {
  let container: Container | undefined;
  for (let look = 0; look < LOOKS && container?.state !== "exited"; look++) {
    if (look > 0) await pause(clock, BETWEEN_LOOKS, signal).catch(() => {});
    container = await runtime.container(containerId, signal).catch(() => undefined);
  }
  if (container?.state !== "exited" || container.finishedAt - since > AT_ONCE) return undefined;
  return new Error("the container ended before anything of its output was seen; its log has all of it");
}

async function portForward(
  { namespace, pod }: Extract<Route, { kind: "portForward" }>,
  query: URLSearchParams,
  context: KubeletContext,
): Promise<Forms> {
  const sandboxId = context.pods.sandboxId(namespace, pod);
  if (sandboxId === undefined) throw new HttpError(404, `pod "${pod}" has no running sandbox`);
  const ports = requestedPorts(query);
  const url = await context.runtime.portForward(sandboxId, ports, context.signal);
  return {
    url,
    async webSocket(request, socket, head) {
      const accepted = await acceptWebSocket(request, socket, head, PORT_FORWARD_PROTOCOLS, context.clock);
      if (accepted) await joinPortForward(accepted, url, ports, context);
    },
  };
}

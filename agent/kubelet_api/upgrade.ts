import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
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
  const url = kind === "exec"
    ? await context.runtime.exec({ containerId, command, ...streams }, context.signal)
    : await context.runtime.attach({ containerId, ...streams }, context.signal);
  return {
    url,
    async webSocket(request, socket, head) {
      const accepted = await acceptWebSocket(request, socket, head, REMOTE_COMMAND_PROTOCOLS, context.clock);
      if (accepted) await joinRemoteCommand(accepted, url, streams, context);
    },
  };
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

import { getLogger } from "@logtape/logtape";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { guardTlsSocket } from "../../client/tls_guard.ts";
import { type Clock, systemClock } from "../../api/clock.ts";
import type { PodDirectory } from "../pods/directory.ts";
import type { ContainerRuntime } from "../runtime/contract.ts";
import { authenticator, type TlsPeer } from "./authenticate.ts";
import type { KubeletContext } from "./context.ts";
import { HttpError, toHttpError } from "./http_error.ts";
import { serveLogs } from "./serve_logs.ts";
import { resourceMetrics, statsSummary } from "./stats_faces.ts";
import { StartGate } from "./start_gate.ts";
import { UseSampler } from "./stats.ts";
import { route } from "./route.ts";
import { upgradeStream } from "./upgrade.ts";

const log = getLogger(["skiff", "kubelet"]);

export interface KubeletApiOptions {
  readonly nodeName: string;
  readonly address: string;
  /** The kubelet's is 10250; 0 takes a free one. */
  readonly port: number;
  readonly tls: KubeletTls;
  readonly pods: PodDirectory;
  readonly runtime: ContainerRuntime;
  readonly clock?: Clock;
  /** By which clients' certificates are judged; the clock's, when absent. */
  readonly time?: Pick<Clock, "now">;
  /** Milliseconds after which a silent exec, attach or port-forward ends; four hours. */
  readonly idleTimeout?: number;
}

/** PEM texts. `clientCa` has the authorities that the API server's client certificate may come from. */
export interface KubeletTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
}

export interface KubeletApi {
  readonly port: number;
  /** Connections from now on are shown this certificate, and judged by these authorities. */
  setTls(tls: KubeletTls): void;
  /** Ends running streams. */
  close(): Promise<void>;
}

const IDLE_TIMEOUT = 4 * 3_600_000;

/** The node's own HTTPS API, with the kubelet's paths: what the API server asks for logs, exec, attach, port-forward and metrics. */
export async function startKubeletApi(options: KubeletApiOptions): Promise<KubeletApi> {
  const { nodeName } = options;
  let { tls } = options;
  const clock = options.clock ?? systemClock({ background: true });
  const closing = new AbortController();
  const context: KubeletContext = {
    pods: options.pods,
    runtime: options.runtime,
    clock,
    starts: new StartGate(clock),
    idleTimeout: options.idleTimeout ?? IDLE_TIMEOUT,
    signal: closing.signal,
  };
  const authenticate = authenticator(() => tls.clientCa, options.time ?? clock);
  const sampler = new UseSampler(options.runtime, clock);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    authenticate(request.socket as unknown as TlsPeer);
    const url = new URL(request.url ?? "/", "https://node");
    const found = route(url.pathname);
    if (!found) throw new HttpError(404, "404 page not found");
    switch (found.kind) {
      case "healthz":
        return answer(response, "text/plain; charset=utf-8", "ok");
      case "pods":
        return answerJson(response, { kind: "PodList", apiVersion: "v1", metadata: {}, items: context.pods.all() });
      case "statsSummary":
        return answerJson(response, statsSummary(nodeName, await sampler.sample(closing.signal)));
      case "resourceMetrics":
        return answer(response, METRICS_TYPE, resourceMetrics(await sampler.sample(closing.signal)));
      case "metrics":
        return answer(response, METRICS_TYPE, await ownMetrics(context));
      case "logs":
        return await serveLogs(found, url.searchParams, response, context);
      case "exec":
      case "attach":
      case "portForward":
        throw new HttpError(400, "Upgrade request required");
    }
  }

  const secureContext = ({ cert, key, clientCa }: KubeletTls) => (
    { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: false }
  );
  const server = createServer(
    secureContext(tls),
    (request, response) => {
      // Of a GET's body nothing is wanted.
      request.resume();
      serve(request, response).catch((error) => fail(response, error));
    },
  );
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Uint8Array) => {
    socket.on("error", () => socket.destroy());
    // The client may have said all it has to say while the container still answers.
    socket.allowHalfOpen = true;
    (async () => {
      authenticate(socket as unknown as TlsPeer);
      await upgradeStream(request, socket, head, context);
    })().catch((error) => refuse(socket, error));
  });
  server.on("tlsClientError", (error: Error) => log.debug("TLS handshake failed: {error}", { error }));
  await new Promise<void>((resolve, reject) => {
    server.once(
      "error",
      (error: Error) =>
        reject(
          new HttpError(500, `cannot listen on ${options.address}:${options.port}: ${error.message}`, { cause: error }),
        ),
    );
    server.listen(options.port, options.address, () => resolve());
  });
  const sockets = new Set<Duplex>();
  server.on("secureConnection", (socket: TLSSocket) => {
    guardTlsSocket(socket);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const { port } = server.address() as AddressInfo;
  log.info("the node's API listens on {address}:{port}", { address: options.address, port });

  return {
    port,
    setTls(next) {
      tls = next;
      server.setSecureContext(secureContext(next));
    },
    async close() {
      closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

function answer(response: ServerResponse, contentType: string, body: string): void {
  response.writeHead(200, { "content-type": contentType }).end(body);
}

function answerJson(response: ServerResponse, value: unknown): void {
  answer(response, "application/json", JSON.stringify(value));
}

function fail(response: ServerResponse, error: unknown): void {
  const { code, message } = toHttpError(error);
  if (code >= 500) log.warn("request failed: {error}", { error });
  // Cutting the connection tells the client that the body is not whole.
  if (response.headersSent) response.destroy();
  else {
    // A stranger does not get to keep a connection.
    const connection = code === 401 ? { connection: "close" } : {};
    response.writeHead(code, { "content-type": "text/plain; charset=utf-8", ...connection }).end(`${message}\n`);
  }
}

function refuse(socket: Duplex, error: unknown): void {
  const { code, message } = toHttpError(error);
  const body = new TextEncoder().encode(`${message}\n`);
  socket.write(
    `HTTP/1.1 ${code} ${REASONS[code] ?? "Error"}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
  );
  socket.end(body);
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

async function ownMetrics({ pods, runtime, signal }: KubeletContext): Promise<string> {
  const containers = await runtime.containers(undefined, signal);
  const states = new Map<string, number>();
  for (const { state } of containers) states.set(state, (states.get(state) ?? 0) + 1);
  return [
    "# HELP kubelet_running_pods Pods of this node",
    "# TYPE kubelet_running_pods gauge",
    `kubelet_running_pods ${pods.all().filter(({ status }) => status?.phase === "Running").length}`,
    "# HELP kubelet_running_containers Containers of this node by state",
    "# TYPE kubelet_running_containers gauge",
    ...[...states].map(([state, count]) => `kubelet_running_containers{container_state="${state}"} ${count}`),
    "",
  ].join("\n");
}

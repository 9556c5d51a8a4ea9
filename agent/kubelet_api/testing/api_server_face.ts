import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { systemClock } from "../../../api/clock.ts";
import { joinStreams } from "../../../client/join_streams.ts";
import { guardTlsSocket } from "../../../client/tls_guard.ts";
import type { NodeApi, TestPod } from "./node_api.ts";

/** As much of an API server as kubectl needs for exec, attach, cp, logs and port-forward; its streams go to the node byte by byte. */
export interface ApiServerFace {
  readonly kubeconfig: string;
  close(): Promise<void>;
}

const NODE_PATHS: Readonly<Record<string, (pod: string, container: string) => string>> = {
  exec: (pod, container) => `/exec/${pod}/${container}`,
  attach: (pod, container) => `/attach/${pod}/${container}`,
  portforward: (pod) => `/portForward/${pod}`,
  log: (pod, container) => `/containerLogs/${pod}/${container}`,
};

export async function startApiServerFace(
  node: NodeApi,
  pod: TestPod,
  serving: { readonly cert: string; readonly key: string },
): Promise<ApiServerFace> {
  const prefix = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`;
  const documents: Readonly<Record<string, unknown>> = {
    "/api": { kind: "APIVersions", versions: ["v1"] },
    "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [] },
    "/api/v1": {
      kind: "APIResourceList",
      groupVersion: "v1",
      resources: [{ name: "pods", singularName: "pod", namespaced: true, kind: "Pod", verbs: ["get", "list"] }],
    },
    [prefix]: {
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name: pod.name, namespace: pod.namespace, uid: "1" },
      spec: {
        containers: Object.keys(pod.containers).map((name) => ({ name, image: "busybox", stdin: true, ports: [] })),
      },
      status: { phase: "Running" },
    },
  };

  function nodePath(url: URL): string | undefined {
    if (!url.pathname.startsWith(`${prefix}/`)) return undefined;
    const path = NODE_PATHS[url.pathname.slice(prefix.length + 1)];
    const container = url.searchParams.get("container") ?? Object.keys(pod.containers)[0]!;
    return path && `${path(`${pod.namespace}/${pod.name}`, container)}${url.search}`;
  }

  function forward(request: IncomingMessage, client: Duplex, head: Uint8Array): void {
    const path = nodePath(new URL(request.url ?? "/", "https://api"));
    if (!path) return void client.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    const to = { host: "127.0.0.1", port: node.api.port, ca: node.ca, allowHalfOpen: true };
    const upstream = tls.connect({ ...to, ...node.apiServer }, () => guardTlsSocket(upstream));
    client.allowHalfOpen = true;
    const lines: string[] = [];
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}\r\n`);
    }
    upstream.write(`${request.method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    if (head.length > 0) upstream.write(head);
    joinStreams(client, upstream, { clock: systemClock({ background: true }), idleTimeout: 600_000 });
  }

  const server = createServer(serving, (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "https://api");
    if (nodePath(url)) return forward(request, response.socket as Duplex, new Uint8Array());
    const document = documents[url.pathname];
    response.writeHead(document ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(document ?? { kind: "Status", apiVersion: "v1", status: "Failure", code: 404 }));
  });
  server.on("upgrade", forward);
  const sockets = new Set<Duplex>();
  server.on("secureConnection", (socket: tls.TLSSocket) => {
    guardTlsSocket(socket);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    kubeconfig: JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "test",
      contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace: pod.namespace } }],
      clusters: [{
        name: "test",
        cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority-data": btoa(node.ca) },
      }],
      users: [{ name: "test", user: { token: "none" } }],
    }),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

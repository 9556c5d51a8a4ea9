import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { KubeObject, Resource } from "../../api/resource.ts";
import * as constants from "../../api/resources.ts";
import { StatusError, statusFrom, unknownEndpoint } from "../../api/status.ts";
import type { DeleteOptions, ListOptions, Patch } from "../client.ts";
import type { MemoryClient } from "./memory_client.ts";

export interface HttpFace {
  readonly url: string;
  /** Headers of every request, in order. */
  readonly seen: IncomingMessage["headers"][];
  /** Answers instead of the API when it is set and returns true. */
  override: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  close(): Promise<void>;
}

const resources = new Map(
  Object.values(constants as Record<string, Resource>).map((
    resource,
  ) => [`${resource.group}/${resource.resource}`, resource]),
);

const patchTypes = new Map<string, Patch["type"]>([
  ["application/json-patch+json", "json"],
  ["application/merge-patch+json", "merge"],
  ["application/strategic-merge-patch+json", "strategic"],
]);

/** Serves a `MemoryClient` on the loopback, as an API server would: enough of HTTP for a transport's tests. */
export async function serveHttp(
  client: MemoryClient,
  tls?: { cert: string; key: string; ca: string },
): Promise<HttpFace> {
  const listener: RequestListener = (request, response) => {
    face.seen.push(request.headers);
    if (face.override?.(request, response)) return;
    answer(client, request, response).catch((error) => {
      const status = statusFrom(error);
      if (response.headersSent) return void response.end(`${JSON.stringify({ type: "ERROR", object: status })}\n`);
      response.writeHead(status.code ?? 500, { "content-type": "application/json" });
      response.end(JSON.stringify(status));
    });
  };
  const server = tls ? createTlsServer({ ...tls, requestCert: true }, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const face: HttpFace = {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    seen: [],
    override: undefined,
    close() {
      client.dropWatches();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return face;
}

async function answer(client: MemoryClient, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { resource, namespace, name, subresource, query } = parseUrl(request.url ?? "");
  const target = { namespace, name };
  const scope = {
    ...(namespace === "" ? {} : { namespace }),
    ...selectors(query),
    ...(subresource ? { subresource } : {}),
  };
  const dryRun = query.get("dryRun") === "All";
  const send = (code: number, body: unknown) => {
    response.writeHead(code, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const body = await readJson(request);
  if (query.has("watch")) return await sendEvents(client, resource, scope, response);
  switch (request.method) {
    case "GET":
      return send(200, name === "" ? await client.list(resource, scope) : await client.get(resource, target, scope));
    case "POST":
      return send(201, await client.create(resource, body as KubeObject, { ...scope, dryRun }));
    case "PUT":
      return send(200, await client.update(resource, body as KubeObject, { ...scope, dryRun }));
    case "PATCH": {
      const type = patchTypes.get(request.headers["content-type"] ?? "") ?? "merge";
      return send(200, await client.patch(resource, target, { type, patch: body } as Patch, { ...scope, dryRun }));
    }
    case "DELETE": {
      const options = (body ?? {}) as DeleteOptions;
      if (name === "") await client.deleteCollection(resource, { ...scope, ...options });
      else await client.delete(resource, target, options);
      return send(200, { kind: "Status", apiVersion: "v1", status: "Success" });
    }
    default:
      throw unknownEndpoint();
  }
}

async function sendEvents(
  client: MemoryClient,
  resource: Resource,
  scope: ListOptions,
  response: ServerResponse,
): Promise<void> {
  const stop = new AbortController();
  response.on("close", () => stop.abort());
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  for await (const event of client.watch(resource, { ...scope, signal: stop.signal })) {
    response.write(`${JSON.stringify(event)}\n`);
  }
  response.end();
}

function parseUrl(url: string) {
  const { pathname, searchParams: query } = new URL(url, "http://localhost");
  const parts = pathname.split("/").slice(1).map(decodeURIComponent);
  const group = parts.shift() === "api" ? "" : parts.shift() ?? "";
  parts.shift();
  const inNamespace = parts[0] === "namespaces" && parts.length > 2;
  const namespace = inNamespace ? parts[1]! : "";
  const [path = "", name = "", subresource = ""] = inNamespace ? parts.slice(2) : parts;
  const resource = resources.get(`${group}/${path}`);
  if (resource === undefined) throw unknownEndpoint();
  return { resource, namespace, name, subresource, query };
}

function selectors(query: URLSearchParams): ListOptions {
  const options: Record<string, unknown> = {};
  for (const name of ["labelSelector", "fieldSelector", "resourceVersion", "continue"]) {
    if (query.has(name)) options[name] = query.get(name);
  }
  if (query.has("limit")) options["limit"] = Number(query.get("limit"));
  return options;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += chunk;
  if (text.length > 3_000_000) throw new StatusError({ code: 413, reason: "RequestEntityTooLarge" });
  return text === "" ? undefined : JSON.parse(text);
}

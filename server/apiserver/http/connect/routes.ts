import { isIP } from "node:net";
import { badRequest, isNotFound, methodNotAllowed, notFound, serviceUnavailable } from "../../../../api/status.ts";
import type { Node, Pod, Service } from "../../../../api/types/core_v1.ts";
import type { EndpointSlice } from "../../../../api/types/discovery_v1.ts";
import type { Pki } from "../../../pki/pki.ts";
import type { Registry } from "../../contract.ts";
import type { Call } from "../call.ts";
import type { ConnectRoute } from "../handler.ts";
import type { ResourceCall } from "../resource_call.ts";
import { agentOf, type Backend, type NodeDialer } from "./backend.ts";
import { forward } from "./forward.ts";
import { containerOf, logQuery, portForwardQuery, streamQuery } from "./queries.ts";
import { tunnel } from "./tunnel.ts";

export interface ConnectOptions {
  readonly registry: Registry;
  readonly pki: Pick<Pki, "clusterCa" | "kubeletClient">;
  readonly nodes?: NodeDialer;
}

/** The subresources that lead out of the API server: to a node's agent, a Pod or a Service. By `resource/subresource`. */
export function connectRoutes(options: ConnectOptions): ReadonlyMap<string, ConnectRoute> {
  const toAgent = (path: (pod: Pod, call: Call) => string): ConnectRoute => async (of) => {
    // A WebSocket can be opened with GET alone: reading rights must not be enough to act in a container.
    if (of.call.info.verb !== "create") await of.mayAlso("create");
    const pod = await podOf(options, of);
    const target = path(pod, of.call);
    await tunnel(of.call, await agentFor(options, of.call, pod), target);
  };
  const inContainer = (pod: Pod, call: Call) =>
    `${placeOf(pod)}/${encodeURIComponent(containerOf(pod, call.query.text("container")))}`;
  return new Map<string, ConnectRoute>([
    ["pods/log", async (of) => {
      const pod = await podOf(options, of);
      const query = logQuery(of.call.query, pod.metadata.name ?? "");
      const path = `/containerLogs/${inContainer(pod, of.call)}?${query}`;
      const agent = await agentFor(options, of.call, pod);
      await forward(of.call, agent, { method: "GET", path, whole: false, statusOfRefusal: true });
    }],
    ["pods/exec", toAgent((pod, call) => `/exec/${inContainer(pod, call)}?${streamQuery(call.query, true)}`)],
    ["pods/attach", toAgent((pod, call) => `/attach/${inContainer(pod, call)}?${streamQuery(call.query, false)}`)],
    ["pods/portforward", toAgent((pod, call) => `/portForward/${placeOf(pod)}?${portForwardQuery(call.query)}`)],
    ["pods/proxy", async (of) => await proxyTo(of, await podBackend(options, of))],
    ["services/proxy", async (of) => await proxyTo(of, await serviceBackend(options, of))],
    ["nodes/proxy", async (of) => await proxyTo(of, await nodeBackend(options, of))],
  ]);
}

/** The caller's own request, with the path behind `proxy`. */
async function proxyTo({ call, target }: ResourceCall, backend: Backend): Promise<void> {
  const path = encodeURI(target.rest || "/") + (call.info.query ? `?${call.info.query}` : "");
  if (call.upgrade) return await tunnel(call, backend, path);
  const { method } = call.request;
  if (method === undefined) throw methodNotAllowed();
  await forward(call, backend, { method, path, whole: true, statusOfRefusal: false });
}

async function podOf({ registry }: ConnectOptions, { call, target }: ResourceCall): Promise<Pod> {
  return await object(registry, call, "pods", target.namespace, target.name) as Pod;
}

function placeOf(pod: Pod): string {
  return `${encodeURIComponent(pod.metadata.namespace ?? "")}/${encodeURIComponent(pod.metadata.name ?? "")}`;
}

async function agentFor({ registry, pki, nodes }: ConnectOptions, call: Call, pod: Pod): Promise<Backend> {
  const { nodeName } = pod.spec;
  if (!nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return agentOf(await object(registry, call, "nodes", "", nodeName) as Node, pki, nodes);
}

async function object(registry: Registry, call: Call, resource: string, namespace: string, name: string) {
  const store = registry.store("", "v1", resource);
  if (store === undefined) throw notFound({ group: "", resource }, name);
  return (await store.get(call, { namespace, name })).object;
}

interface ProxyName {
  readonly scheme: "http" | "https";
  readonly name: string;
  readonly port: string;
}

/** `name`, `name:port` or `scheme:name:port`. */
function proxyName(text: string): ProxyName {
  const parts = text.split(":");
  const [scheme, name, port] = parts.length === 3 ? parts : ["", parts[0], parts[1] ?? ""];
  if (parts.length > 3 || !name || (scheme !== "" && scheme !== "http" && scheme !== "https")) {
    throw badRequest(`invalid proxy target ${JSON.stringify(text)}: use NAME, NAME:PORT or https:NAME:PORT`);
  }
  return { scheme: scheme === "https" ? "https" : "http", name, port: port ?? "" };
}

const unverified = { rejectUnauthorized: false };

async function podBackend({ registry }: ConnectOptions, { call, target }: ResourceCall): Promise<Backend> {
  const { scheme, name, port } = proxyName(target.name);
  const pod = await object(registry, call, "pods", target.namespace, name) as Pod;
  const ports = pod.spec.containers.flatMap((c) => c.ports ?? []);
  const number = port === ""
    ? ports[0]?.containerPort ?? 80
    : ports.find((p) => p.name === port)?.containerPort ?? portNumber(port);
  const host = proxyableAddress(pod.status?.podIP, `pod ${name}`);
  return { host, port: number, tls: scheme === "https" ? unverified : undefined, label: `pod ${name}` };
}

async function serviceBackend({ registry }: ConnectOptions, { call, target }: ResourceCall): Promise<Backend> {
  const { scheme, name, port } = proxyName(target.name);
  const service = await object(registry, call, "services", target.namespace, name) as Service;
  const ports = service.spec.ports ?? [];
  const wanted = port === "" && ports.length === 1
    ? ports[0]
    : ports.find((p) => p.name === port || String(p.port) === port);
  if (wanted === undefined) {
    throw serviceUnavailable(`service ${JSON.stringify(name)} has no port ${JSON.stringify(port)}`);
  }
  const slices = await registry.store("discovery.k8s.io", "v1", "endpointslices")?.list(call, {
    namespace: target.namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const candidates = (slices?.entries ?? []).flatMap(({ object }) => {
    const slice = object as EndpointSlice;
    const number = slice.ports?.find((p) => (p.name ?? "") === (wanted.name ?? ""))?.port;
    if (number === undefined) return [];
    return (slice.endpoints ?? []).filter((e) => e.conditions?.ready !== false)
      .flatMap((e) => e.addresses.map((host) => ({ host, port: number })));
  });
  const chosen = candidates[Math.floor(Math.random() * candidates.length)];
  if (chosen === undefined) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  const host = proxyableAddress(chosen.host, `service ${name}`);
  return { host, port: chosen.port, tls: scheme === "https" ? unverified : undefined, label: `service ${name}` };
}

async function nodeBackend({ registry, pki, nodes }: ConnectOptions, { call, target }: ResourceCall): Promise<Backend> {
  const { name, port } = proxyName(target.name);
  const node = await object(registry, call, "nodes", "", name).catch((error) => {
    throw isNotFound(error) ? notFound({ group: "", resource: "nodes" }, name) : error;
  }) as Node;
  const agent = agentOf(node, pki, nodes);
  if (port !== "" && portNumber(port) !== agent.port) {
    throw badRequest(`node ${name} can be proxied to on its agent's port ${agent.port} alone, not ${port}`);
  }
  return agent;
}

function portNumber(text: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number < 1 || number > 65535) {
    throw badRequest(`${JSON.stringify(text)} is neither the name of a port nor a port's number`);
  }
  return number;
}

/** What is reached through this server is reached from its own machine: addresses that mean "here" are no one's Pod. */
function proxyableAddress(address: string | undefined, of: string): string {
  if (!address || isIP(address) === 0) throw serviceUnavailable(`${of} has no address yet`);
  const plain = address.toLowerCase().replace(/^::ffff:/, "");
  if (/^(127\.|169\.254\.|0\.|22[4-9]\.|23\d\.)|^::1?$|^fe[89ab]|^ff/.test(plain)) {
    throw badRequest(`${of} has the address ${address}, which may not be proxied to`);
  }
  return address;
}

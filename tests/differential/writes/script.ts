import type { Request } from "../sides.ts";
import { NAMESPACE } from "../suite.ts";

type Json = Record<string, unknown>;

/** Requests that build on one another, told under `of`, which `--focus` chooses by. */
export interface Script {
  /** `strategic/deployments`: what is tried, on what. */
  readonly of: string;
  readonly steps: readonly Request[];
}

/**
 * In paths, headers and bodies: the script's own name, and what the answers so far told of the object that they showed last, on this side. Each in a
 * form that is valid where it stands.
 */
export const NAME = "own-name";
export const UID = "00000000-1111-2222-3333-444444444444";
export const VERSION = "4294967296123";

export const configMaps = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
export const pods = `/api/v1/namespaces/${NAMESPACE}/pods`;
export const services = `/api/v1/namespaces/${NAMESPACE}/services`;
export const serviceAccounts = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
export const secrets = `/api/v1/namespaces/${NAMESPACE}/secrets`;
export const nodes = "/api/v1/nodes";
export const namespaces = "/api/v1/namespaces";
export const deployments = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
export const jobs = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`;
export const leases = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
export const budgets = `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`;

/** A path with a query. */
export function asked(path: string, query: string): string {
  return query === "" ? path : `${path}?${query}`;
}

export function post(path: string, body: unknown, headers?: Request["headers"]): Request {
  return { method: "POST", path, body, ...headers && { headers } };
}

export function put(path: string, body: unknown, headers?: Request["headers"]): Request {
  return { method: "PUT", path, body, ...headers && { headers } };
}

export function get(path: string): Request {
  return { method: "GET", path };
}

export function remove(path: string, body?: unknown): Request {
  return { method: "DELETE", path, ...body === undefined ? {} : { body } };
}

const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

export type PatchType = keyof typeof patchTypes;

export function patch(type: PatchType, path: string, body: unknown): Request {
  return { method: "PATCH", path, headers: { "content-type": patchTypes[type] }, body };
}

export function apply(path: string, manager: string, body: unknown, more = ""): Request {
  return patch("apply", `${path}?fieldManager=${manager}${more}`, body);
}

export function configMap(rest: Json = { data: { a: "1" } }, metadata: Json = {}): Json {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: NAME, ...metadata }, ...rest };
}

export function deployment(spec: Json = {}, metadata: Json = {}): Json {
  const labels = { app: "a" };
  const template = {
    metadata: { labels },
    spec: {
      containers: [{
        name: "main",
        image: "busybox:1.36",
        env: [{ name: "A", value: "1" }, { name: "B", value: "2" }],
        ports: [{ containerPort: 80, name: "http" }, { containerPort: 80, protocol: "UDP" }],
      }, { name: "side", image: "busybox:1.36" }],
      volumes: [{ name: "data", emptyDir: {} }, { name: "more", hostPath: { path: "/more" } }],
      tolerations: [{ key: "a", operator: "Exists" }],
    },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: NAME, ...metadata },
    spec: { replicas: 2, selector: { matchLabels: labels }, template, ...spec },
  };
}

export function pod(spec: Json = {}, metadata: Json = {}): Json {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: NAME, labels: { app: NAME }, ...metadata },
    spec: { containers: [{ name: "main", image: "busybox:1.36" }], ...spec },
  };
}

export function service(spec: Json = {}, metadata: Json = {}): Json {
  const ports = [{ name: "a", port: 80 }, { name: "b", port: 80, protocol: "UDP" }];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: NAME, ...metadata },
    spec: { selector: { app: "a" }, ports, ...spec },
  };
}

export function node(rest: Json = {}, metadata: Json = {}): Json {
  return { apiVersion: "v1", kind: "Node", metadata: { name: NAME, ...metadata }, ...rest };
}

export function job(spec: Json = {}, metadata: Json = {}): Json {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "busybox:1.36" }] } };
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name: NAME, ...metadata }, spec: { template, ...spec } };
}

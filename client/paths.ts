import type { KubeObject, Resource } from "../api/resource.ts";
import type { DeleteOptions, ListOptions, WatchOptions, WriteOptions } from "./client.ts";

/** The URL path of a resource, of one object in it, or of its subresource: `/apis/apps/v1/namespaces/default/deployments/web/scale`. */
export function resourcePath(
  resource: Resource,
  target: {
    readonly namespace?: string | undefined;
    readonly name?: string | undefined;
    readonly subresource?: string | undefined;
  },
): string {
  const { group, version } = resource;
  const parts = group === "" ? ["api", version] : ["apis", group, version];
  if (resource.namespaced && target.namespace) parts.push("namespaces", target.namespace);
  parts.push(resource.resource);
  if (target.name) parts.push(target.name);
  if (target.subresource) parts.push(...target.subresource.split("/"));
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export function listQuery(options: ListOptions | WatchOptions): Query {
  const { labelSelector, fieldSelector, resourceVersion } = options;
  const { limit, continue: next } = options as ListOptions;
  return { labelSelector, fieldSelector, resourceVersion, limit, continue: next };
}

export function writeQuery(options: WriteOptions): Query {
  return { dryRun: options.dryRun ? "All" : undefined, fieldManager: options.fieldManager };
}

/** The `DeleteOptions` body; undefined when all is left to the server. */
export function deleteBody(options: DeleteOptions): Record<string, unknown> | undefined {
  const { gracePeriodSeconds, propagationPolicy, preconditions, dryRun } = options;
  const given = Object.entries({
    gracePeriodSeconds,
    propagationPolicy,
    preconditions,
    dryRun: dryRun ? ["All"] : undefined,
  }).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : { kind: "DeleteOptions", apiVersion: "v1", ...Object.fromEntries(given) };
}

/** `?a=1&b=2`, or nothing; what is undefined or empty is left out. */
export function queryString(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") parameters.set(name, String(value));
  }
  return parameters.size === 0 ? "" : `?${parameters}`;
}

/** The namespace that a new object goes to. */
export function namespaceOf(object: KubeObject, options: { readonly namespace?: string }): string | undefined {
  return object.metadata.namespace ?? options.namespace;
}

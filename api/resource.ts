import type { ListMeta, ObjectMeta } from "./types/meta_v1.ts";

/** What every persisted Kubernetes object has in common. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** A list as the API answers it. Items of built-in kinds carry no `apiVersion` and `kind` of their own. */
export interface KubeList<T extends KubeObject = KubeObject> {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: T[];
}

/**
 * Names one resource of the API and, by its phantom type, the objects in it: `client.get(pods, { namespace, name })` is a Pod.
 * The built-in ones are the constants of `api/resources.ts`.
 */
export interface Resource<T extends KubeObject = KubeObject> {
  /** `""` for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural and lower case, as in URLs: `pods`. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set: carries `T` for the compiler alone. */
  readonly phantom?: T;
}

/** `v1` for the core group, else `group/version`. */
export function apiVersionOf(resource: { readonly group: string; readonly version: string }): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** `namespace/name`, or `name` alone for a cluster-scoped object: the key of queues and caches. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : name ?? "";
}

/** The inverse of {@linkcode keyOf}. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return slash < 0 ? { namespace: "", name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { Cache } from "../cache/cache.ts";
import { type Storage, storageOf } from "../cache/layout.ts";

/** Reads of the cache by resource, for code that knows the kind it wants. */
export interface Lookup {
  find<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): T | undefined;
  /** All namespaces when it is `""`. */
  all<T extends KubeObject>(resource: Resource<T>, namespace?: string): Iterable<T>;
}

export function lookupIn(cache: Cache): Lookup {
  const storages = new Map<Resource, Storage>();
  const cacheOf = (resource: Resource) => {
    let storage = storages.get(resource);
    if (!storage) storages.set(resource, storage = storageOf(resource));
    return cache.resource(storage);
  };
  return {
    find: <T extends KubeObject>(resource: Resource<T>, namespace: string, name: string) =>
      cacheOf(resource).get(namespace, name)?.object as T | undefined,
    *all<T extends KubeObject>(resource: Resource<T>, namespace = "") {
      for (const entry of cacheOf(resource).list(namespace)) yield entry.object as T;
    },
  };
}

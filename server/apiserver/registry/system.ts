import type { Clock } from "../../../api/clock.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { MessageSchema, ResourceRow, Schema } from "../../../api/schema/contract.ts";
import type { Datastore } from "../../../datastore/contract.ts";
import type { Admission } from "../admission/contract.ts";
import type { TokenIssuer } from "../contract.ts";
import type { Cache } from "../cache/cache.ts";
import { type Storage, storageOf } from "../cache/layout.ts";
import type { ResourceCache } from "../cache/resource_cache.ts";
import type { Strategy } from "../kinds/strategy.ts";
import type { ServiceAllocation } from "./service_allocation.ts";
import type { ZeroValues } from "./zero_values.ts";

/** What all resources of one registry share. */
export interface System {
  readonly datastore: Datastore;
  readonly cache: Cache;
  readonly clock: Clock;
  /** Numbers in [0, 1), for generated names and allocations. */
  readonly random: () => number;
  readonly schema: Schema;
  readonly zeroValues: ZeroValues;
  readonly admission: Admission;
  readonly lookup: Lookup;
  readonly tokenIssuer: TokenIssuer;
  readonly services: ServiceAllocation;
}

/** One stored resource and all that its verbs work with. */
export interface Shelf {
  readonly system: System;
  readonly row: ResourceRow;
  readonly storage: Storage;
  readonly cache: ResourceCache;
  readonly strategy: Strategy;
  readonly message: MessageSchema;
}

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
    if (!storage) storages.set(resource, storage = storageOf({ ...resource, resource: resource.resource }));
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

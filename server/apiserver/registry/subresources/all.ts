import type { Facet } from "../facet.ts";
import { scaleFacet } from "../scale_facet.ts";
import { statusFacet } from "../status_facet.ts";
import type { Shelf } from "../system.ts";
import { approvalFacet } from "./approval.ts";
import { bindPod } from "./binding.ts";
import type { Creator } from "./creator.ts";
import { ephemeralContainersFacet } from "./ephemeral_containers.ts";
import { evictPod } from "./eviction.ts";
import { finalizeFacet } from "./finalize.ts";
import { resizeFacet } from "./resize.ts";
import { requestToken } from "./token.ts";

/** By the subresource's name: in the schema's table one name means one thing, whatever the resource. */
const facets: Readonly<Record<string, (shelf: Shelf) => Facet>> = {
  status: statusFacet,
  scale: scaleFacet,
  finalize: finalizeFacet,
  approval: approvalFacet,
  ephemeralcontainers: ephemeralContainersFacet,
  resize: resizeFacet,
};

const creators: Readonly<Record<string, Creator>> = {
  binding: bindPod,
  eviction: evictPod,
  token: requestToken,
};

export function facetsOf(shelf: Shelf): ReadonlyMap<string, Facet> {
  return pick(shelf, facets, (make) => make(shelf));
}

export function creatorsOf(shelf: Shelf): ReadonlyMap<string, Creator> {
  return pick(shelf, creators, (creator) => creator);
}

/** Subresources that are no objects (`log`, `exec`, `proxy`) are in neither table: they never get here. */
function pick<From, To>(
  { row }: Shelf,
  table: Readonly<Record<string, From>>,
  make: (row: From) => To,
): Map<string, To> {
  const picked = new Map<string, To>();
  for (const { name } of row.subresources) {
    if (Object.hasOwn(table, name)) picked.set(name, make(table[name]!));
  }
  return picked;
}

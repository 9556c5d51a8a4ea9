import type { Lease } from "../../api/types/coordination_v1.ts";

/** Where a server's Lease says at which address it is. */
export const ADDRESS_ANNOTATION = "skiff.io/advertise-address";

export interface Observed {
  /** Of the servers that live, sorted. */
  readonly addresses: readonly string[];
  /** Leases whose servers have renewed them for the last time. */
  readonly dead: readonly Lease[];
}

/**
 * Tells from their Leases which servers live: those whose Lease has changed within `lifetime` milliseconds by our own clock, whatever the others' clocks show. One that is
 * seen for the first time gets that long to prove itself.
 */
export class LiveServers {
  readonly #lifetime: number;
  readonly #seen = new Map<string, { readonly resourceVersion: string | undefined; readonly at: number }>();

  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  observe(leases: readonly Lease[], now: number): Observed {
    const addresses = new Set<string>();
    const dead: Lease[] = [];
    const names = new Set(leases.map(({ metadata }) => metadata.name!));
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
    for (const lease of leases) {
      const { name, resourceVersion, annotations } = lease.metadata;
      const before = this.#seen.get(name!);
      const at = before !== undefined && before.resourceVersion === resourceVersion ? before.at : now;
      this.#seen.set(name!, { resourceVersion, at });
      const address = annotations?.[ADDRESS_ANNOTATION];
      if (now - at >= this.#lifetime) dead.push(lease);
      else if (address) addresses.add(address);
    }
    return { addresses: [...addresses].sort(), dead };
  }
}

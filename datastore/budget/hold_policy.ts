import type { Operation } from "../contract.ts";

const LEASES = "/registry/leases/";
const EVENTS = "/registry/events/";
/** Leases that are remembered; one that was forgotten is written at once, and then remembered again. */
const LEASE_LIMIT = 10_000;

/** Which commits may wait for the disk. */
export interface HoldPolicy {
  mayHold(operations: readonly Operation[]): boolean;
  /** Told of each commit that has succeeded. */
  saw(operations: readonly Operation[], revision: number): void;
}

interface KnownLease {
  readonly revision: number;
  readonly fingerprint: string;
}

/**
 * Events may wait, and so may the renewal of a Lease by its holder: nobody misses either after a crash, since the holder renews it again. A change of
 * anything but the times of a Lease, its holder above all, is what others act on: it must be on the disk.
 */
export class KubernetesHoldPolicy implements HoldPolicy {
  readonly #leases = new Map<string, KnownLease>();

  mayHold(operations: readonly Operation[]): boolean {
    return operations.length > 0 && operations.every((operation) => this.#mayHold(operation));
  }

  #mayHold(operation: Operation): boolean {
    if (operation.key.startsWith(EVENTS)) return true;
    if (operation.kind !== "put" || !operation.key.startsWith(LEASES)) return false;
    const known = this.#leases.get(operation.key);
    // At another revision the commit fails, or replaces what is not known here.
    return known !== undefined && known.revision === operation.expect &&
      known.fingerprint === fingerprint(operation.value);
  }

  saw(operations: readonly Operation[], revision: number): void {
    for (const operation of operations) {
      if (!operation.key.startsWith(LEASES)) continue;
      this.#leases.delete(operation.key);
      const found = operation.kind === "put" ? fingerprint(operation.value) : undefined;
      if (found !== undefined) this.#leases.set(operation.key, { revision, fingerprint: found });
    }
    for (const key of this.#leases.keys()) {
      if (this.#leases.size <= LEASE_LIMIT) return;
      this.#leases.delete(key);
    }
  }
}

/** All of a Lease but what a renewal changes; undefined for what is none. */
function fingerprint(value: string): string | undefined {
  try {
    const { metadata: { managedFields: _managedFields, ...metadata }, spec, ...rest } = JSON.parse(value);
    const { renewTime: _renewTime, acquireTime: _acquireTime, ...kept } = spec;
    return JSON.stringify([metadata, kept, rest]);
  } catch {
    return undefined;
  }
}

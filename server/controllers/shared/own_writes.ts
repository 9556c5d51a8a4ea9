import type { Clock } from "../../../api/clock.ts";
import { keyOf, type KubeObject } from "../../../api/resource.ts";
import type { Informer } from "../../../client/informer_contract.ts";

/** A write that was overtaken, because its object is gone or no longer selected, is waited for no longer than this. */
const patience = 5_000;

interface Written {
  readonly informer: Informer<KubeObject>;
  readonly key: string;
  readonly version: number;
  readonly at: number;
}

/**
 * What a controller wrote and its informers have not shown yet. A reconcile on the view from before its own last writes would only run into
 * conflicts; the events of these writes enqueue the key again.
 */
export class OwnWrites {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Written[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `object` is what the API answered to a write for the sake of `key`. */
  note<T extends KubeObject>(key: string, informer: Informer<T>, object: T): void {
    const written: Written = {
      informer: informer as unknown as Informer<KubeObject>,
      key: keyOf(object),
      version: versionOf(object),
      at: this.#clock.now(),
    };
    const others = (this.#byKey.get(key) ?? []).filter((other) =>
      other.informer !== informer || other.key !== written.key
    );
    this.#byKey.set(key, [...others, written]);
  }

  /** Milliseconds until the view is good enough to act on at the latest; 0 when it is now. */
  untilSeen(key: string): number {
    const written = this.#byKey.get(key);
    if (written === undefined) return 0;
    const now = this.#clock.now();
    const missing = written.filter(({ informer, key, version, at }) => {
      const seen = informer.get(key);
      return (seen === undefined || versionOf(seen) < version) && now - at < patience;
    });
    if (missing.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, missing);
    return missing.reduce((longest, { at }) => Math.max(longest, at + patience - now), 0);
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }
}

/** Versions of one resource are numbers that grow: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions */
function versionOf({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion ?? 0);
}

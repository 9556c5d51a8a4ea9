import type { KeyValue } from "../contract.ts";

/** A key as of `revision`: its value, or none after a deletion. */
interface Version {
  readonly revision: number;
  readonly item: KeyValue | undefined;
}

/** All that is remembered of one key, oldest first; never empty. */
export class Versions {
  readonly #versions: Version[] = [];

  add(revision: number, item: KeyValue | undefined): void {
    this.#versions.push({ revision, item });
  }

  newest(): KeyValue | undefined {
    return this.#versions.at(-1)?.item;
  }

  at(revision: number): KeyValue | undefined {
    return this.#versions.findLast((version) => version.revision <= revision)?.item;
  }

  /** Forgets what only reads below `revision` could see, and returns that; true in `empty` when nothing is left. */
  compact(revision: number): { readonly forgotten: readonly KeyValue[]; readonly empty: boolean } {
    let keep = this.#versions.findLastIndex((version) => version.revision <= revision);
    if (keep >= 0 && !this.#versions[keep]!.item) keep++;
    const dropped = this.#versions.splice(0, Math.max(keep, 0));
    return { forgotten: dropped.flatMap(({ item }) => item ?? []), empty: this.#versions.length === 0 };
  }
}

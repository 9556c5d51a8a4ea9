import type { KeyRange, KeyValue } from "../contract.ts";
import { sortKey } from "../mvcc/key_order.ts";
import { number } from "./descriptor.ts";
import type { WireItem } from "./messages.ts";

/** Everything in etcd, whoever wrote it. */
export const WHOLE = { key: "\0", rangeEnd: "\0" } as const;

/** Our keys behind their prefix in etcd. Below the first one, which cannot start with NUL, is room for a key of our own. */
export class KeySpace {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Takes a revision when it is written, and belongs to no range. */
  get filler(): string {
    return `${this.#prefix}\0skiff`;
  }

  outer(key: string): string {
    return this.#prefix + key;
  }

  /** Undefined for a key of somebody else. */
  inner(key: string): string | undefined {
    const inner = key.slice(this.#prefix.length);
    return key.startsWith(this.#prefix) && inner !== "" && inner[0] !== "\0" ? inner : undefined;
  }

  /** Undefined when the range is empty. */
  range({ start, end }: KeyRange): { readonly key: string; readonly rangeEnd: string } | undefined {
    const first = start < "\x01" ? "\x01" : start;
    if (sortKey(first) >= sortKey(end)) return undefined;
    return { key: this.outer(first), rangeEnd: this.outer(end) };
  }

  item({ key, value, createRevision, modRevision, version }: WireItem): KeyValue {
    return {
      key: key.slice(this.#prefix.length),
      value,
      createRevision: number(createRevision),
      modRevision: number(modRevision),
      version: number(version),
    };
  }
}

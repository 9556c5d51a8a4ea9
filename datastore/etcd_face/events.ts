import type { WatchEvent } from "../contract.ts";
import { wireItem } from "./face.ts";
import { keyBytes } from "./keys.ts";
import { DELETE, PUT, type WireEvent } from "./messages.ts";

export interface EventChoice {
  /** Values of {@linkcode PUT} and {@linkcode DELETE} that are left out. */
  readonly filters: readonly number[];
  readonly previous: boolean;
}

export function wireEvents(events: readonly WatchEvent[], { filters, previous }: EventChoice): WireEvent[] {
  return events.filter(({ kind }) => !filters.includes(kind === "put" ? PUT : DELETE)).map((event) => ({
    type: event.kind === "put" ? PUT : DELETE,
    kv: event.kind === "put" ? wireItem(event.item) : { key: keyBytes(event.key), modRevision: event.revision },
    ...previous && event.previous && { previous: wireItem(event.previous) },
  }));
}

/** About the bytes that it takes on the wire. */
export function wireSize({ kv, previous }: WireEvent): number {
  const size = 40 + kv.key.length + (kv.value?.length ?? 0);
  return previous ? size + 40 + previous.key.length + (previous.value?.length ?? 0) : size;
}

/** Consecutive runs of at most so many bytes, or of one event that is larger. */
export function fragments(events: readonly WireEvent[], bytes: number): WireEvent[][] {
  const runs: WireEvent[][] = [];
  let size = Infinity;
  for (const event of events) {
    const more = wireSize(event);
    if (size + more > bytes) {
      runs.push([]);
      size = 0;
    }
    runs.at(-1)!.push(event);
    size += more;
  }
  return runs;
}

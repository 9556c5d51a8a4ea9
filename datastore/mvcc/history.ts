import type { KeyValue, WatchEvent } from "../contract.ts";
import { sortKey } from "./key_order.ts";

/** One event, kept in the two forms that watchers ask for. */
export interface StoredEvent {
  /** In the order of {@linkcode sortKey}. */
  readonly sorted: string;
  readonly plain: WatchEvent;
  readonly full: WatchEvent;
}

/** All events of one revision. */
export interface StoredBatch {
  readonly revision: number;
  readonly events: readonly StoredEvent[];
  /** The plain events, as a watcher of everything gets them. */
  readonly plain: readonly WatchEvent[];
  /** Whether `full` has the previous values; else it is as `plain`. */
  readonly hasPrevious: boolean;
  /** About how many bytes of memory keys and values take. */
  readonly size: number;
}

const EVENT_OVERHEAD = 200;

export function eventKey(event: WatchEvent): string {
  return event.kind === "put" ? event.item.key : event.key;
}

export function eventSize(event: WatchEvent): number {
  const value = event.kind === "put" ? event.item.value.length : 0;
  return EVENT_OVERHEAD + eventKey(event).length + value + (event.previous?.value.length ?? 0);
}

/** `previous` is absent when the values before the events are not known; else it has one entry for each event. */
export function storeBatch(
  revision: number,
  plain: readonly WatchEvent[],
  previous: readonly (KeyValue | undefined)[] | undefined,
): StoredBatch {
  let size = 0;
  const events = plain.map((event, i): StoredEvent => {
    const before = previous?.[i];
    const full: WatchEvent = before ? { ...event, previous: before } : event;
    size += eventSize(full);
    return { sorted: sortKey(eventKey(event)), plain: event, full };
  });
  return { revision, events, plain, hasPrevious: previous !== undefined, size };
}

export interface HistoryLimits {
  readonly batches: number;
  readonly bytes: number;
}

/** How many of the newest changes a store keeps in memory for watches to start from, unless told otherwise. */
export const DEFAULT_RING: HistoryLimits = { batches: 4096, bytes: 4 * 1024 * 1024 };

/** The newest batches, without holes: those of the revisions above `floor`, in order. */
export class History {
  readonly #limits: HistoryLimits;
  #batches: (StoredBatch | undefined)[] = [];
  /** Batches before this index were dropped and their slots emptied; the array is cut once they are many. */
  #head = 0;
  #bytes = 0;
  #floor: number;
  #lastWithoutPrevious: number;

  constructor(revision: number, limits: HistoryLimits) {
    this.#floor = revision;
    this.#lastWithoutPrevious = revision;
    this.#limits = limits;
  }

  /** Everything after this revision is here; with previous values, if `previous`. */
  floor(previous: boolean): number {
    return previous ? Math.max(this.#floor, this.#lastWithoutPrevious) : this.#floor;
  }

  /** `batch.revision` is above that of the batch before; between the two nothing has happened. */
  push(batch: StoredBatch): void {
    this.#batches.push(batch);
    this.#bytes += batch.size;
    if (!batch.hasPrevious) this.#lastWithoutPrevious = batch.revision;
    while (this.#batches.length - this.#head > this.#limits.batches || this.#bytes > this.#limits.bytes) this.#shift();
  }

  #shift(): StoredBatch {
    const batch = this.#batches[this.#head]!;
    this.#batches[this.#head++] = undefined;
    this.#bytes -= batch.size;
    this.#floor = batch.revision;
    if (this.#head > 1024 && this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }

  /** Batches after `revision` (not below the floor), in order. */
  *after(revision: number): Generator<StoredBatch> {
    let low = this.#head;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#batches[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < this.#batches.length; i++) yield this.#batches[i]!;
  }

  /** Drops the batches up to `revision`, and returns them. */
  dropThrough(revision: number): StoredBatch[] {
    const dropped: StoredBatch[] = [];
    while (this.#head < this.#batches.length && this.#batches[this.#head]!.revision <= revision) {
      dropped.push(this.#shift());
    }
    return dropped;
  }
}

import type { KeyValue, WatchBatch, WatchEvent } from "../contract.ts";
import { revisionOf } from "./row_id.ts";

/** A row of the log table, in the order of the statement's columns. */
export type LogRow = readonly unknown[];

/** From a row that starts with id, name, creation revision, version. */
export function itemOf(row: LogRow, value: string): KeyValue {
  const [id, key, createRevision, version] = row as [number, string, number, number];
  return { key, value, createRevision, modRevision: revisionOf(id), version };
}

/** From a row of the history: as an item's, then deleted and value; then, of the row before, id, creation revision, version and value. */
function eventOf(row: LogRow): WatchEvent {
  const key = row[1] as string;
  const before = typeof row[6] === "number"
    ? { previous: itemOf([row[6], key, row[7], row[8]], row[9] as string) }
    : {};
  if (row[4] === 1) return { kind: "delete", key, revision: revisionOf(row[0] as number), ...before };
  return { kind: "put", item: itemOf(row, row[5] as string), ...before };
}

/** Makes batches of the history's rows, which come in the order of their ids. */
export class BatchCollector {
  readonly #batches: WatchBatch[] = [];
  readonly #bytes: number;
  #events: WatchEvent[] = [];
  #revision = 0;
  #size = 0;

  /** About so many bytes of values are wanted. */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** False when the row was left out, because the batches before it are enough. */
  add(row: LogRow): boolean {
    const revision = revisionOf(row[0] as number);
    if (revision !== this.#revision) {
      this.#finishBatch();
      if (this.#size >= this.#bytes) return false;
      this.#revision = revision;
    }
    this.#events.push(eventOf(row));
    this.#size += (row[5] as string).length + (row[9] as string | null | undefined ?? "").length;
    return true;
  }

  #finishBatch(): void {
    if (this.#events.length > 0) this.#batches.push({ revision: this.#revision, events: this.#events });
    this.#events = [];
  }

  /** The whole batches so far. */
  finish(): WatchBatch[] {
    this.#finishBatch();
    return this.#batches;
  }

  /** Of the last row that was added. */
  get revision(): number {
    return this.#revision;
  }
}

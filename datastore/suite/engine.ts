import { it } from "vitest";
import type { Datastore, DatastoreReason, KeyRange, WatchBatch, WatchEvent, WatchOptions } from "../contract.ts";

/** One kind of datastore, as the behavioural suite sees it. */
export interface Engine {
  readonly name: string;
  readonly durable: boolean;
  /** A place for one store, empty. */
  create(): Promise<Home>;
}

export interface Home {
  /** Opens the store; again after a close: what a durable engine kept is there. */
  open(): Promise<Datastore>;
  dispose(): Promise<void>;
}

export type Case = (name: string, body: (store: Datastore, home: Home) => Promise<void>) => void;

/** `it`, with a new store of the engine that is closed and removed afterwards. */
export function caseOf(engine: Engine): Case {
  return (name, body) =>
    it(name, async () => {
      const home = await engine.create();
      try {
        const store = await home.open();
        try {
          await body(store, home);
        } finally {
          await store.close();
        }
      } finally {
        await home.dispose();
      }
    });
}

export const EVERYTHING: KeyRange = { start: "", end: "\u{10FFFF}" };

/** Commits one put, which must succeed; the revision. */
export async function put(store: Datastore, key: string, value: string, expect?: number): Promise<number> {
  const result = await store.commit([{ kind: "put", key, value, ...expect === undefined ? {} : { expect } }]);
  if (!result.ok) throw new Error(`the put of ${key} met a conflict: ${JSON.stringify(result)}`);
  return result.revision;
}

export async function remove(store: Datastore, key: string): Promise<number> {
  const result = await store.commit([{ kind: "delete", key }]);
  if (!result.ok) throw new Error(`the deletion of ${key} met a conflict: ${JSON.stringify(result)}`);
  return result.revision;
}

export async function values(store: Datastore, range: KeyRange = EVERYTHING, revision?: number): Promise<string[]> {
  const { items } = await store.list(range, revision === undefined ? {} : { revision });
  return items.map(({ key, value }) => `${key}=${value}`);
}

/** The reason a call was refused with; throws if it was not. */
export async function reasonOf(call: Promise<unknown> | (() => Promise<unknown>)): Promise<DatastoreReason | string> {
  try {
    await (typeof call === "function" ? call() : call);
  } catch (error) {
    return (error as { reason?: DatastoreReason }).reason ?? String(error);
  }
  throw new Error("the call was not refused");
}

/** `put a=1 @5` and `delete a @6`, with `(was 0)` when the previous value is known. */
export function shownEvent(event: WatchEvent): string {
  const was = event.previous ? ` (was ${event.previous.value} @${event.previous.modRevision})` : "";
  if (event.kind === "delete") return `delete ${event.key} @${event.revision}${was}`;
  const { key, value, modRevision, createRevision, version } = event.item;
  return `put ${key}=${value} @${modRevision} from ${createRevision} v${version}${was}`;
}

/** The events of each batch that has any, until `count` events came. */
export async function firstEvents(
  store: Datastore,
  count: number,
  options: WatchOptions,
  range = EVERYTHING,
): Promise<string[][]> {
  const seen: string[][] = [];
  if (count === 0) return seen;
  for await (const { events } of store.watch(range, options)) {
    if (events.length > 0) seen.push(events.map(shownEvent));
    if (seen.flat().length >= count) return seen;
  }
  throw new Error(`the watch ended after ${JSON.stringify(seen)}`);
}

/** Subscribes, and keeps what comes. */
export async function record(store: Datastore, options: WatchOptions, range = EVERYTHING) {
  const batches: WatchBatch[] = [];
  const subscription = await store.subscribe(range, options, (batch) => void batches.push(batch));
  return { batches, subscription, events: () => batches.flatMap(({ events }) => events.map(shownEvent)) };
}

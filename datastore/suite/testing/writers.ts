import { expect } from "vitest";
import type { Datastore, DatastoreError, WatchBatch } from "../../contract.ts";
import { put } from "../engine.ts";

/** Writers that go on, each with its own key, until they are told to stop. */
export function keepWriting(store: Datastore, writers: number, name = "w") {
  const acknowledged = new Map<number, string>();
  const failures = new Map<string, number>();
  let stopping = false;
  const done = Promise.all(Array.from({ length: writers }, async (_, writer) => {
    for (let i = 0; !stopping; i++) {
      const value = `${name}${writer}-${i}`;
      try {
        acknowledged.set(await put(store, `${name}${writer}`, value), value);
      } catch (error) {
        const { reason } = error as DatastoreError;
        failures.set(reason, (failures.get(reason) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }));
  return {
    acknowledged,
    failures,
    stop: () => {
      stopping = true;
      return done;
    },
  };
}

/** Each revision after `first` came once and in order, and each acknowledged write is among them. */
export function expectAll(
  batches: readonly WatchBatch[],
  first: number,
  acknowledged: ReadonlyMap<number, string>,
): void {
  const withEvents = batches.filter(({ events }) => events.length > 0);
  expect(withEvents.map(({ revision }) => revision)).toEqual(withEvents.map((_, i) => first + 1 + i));
  const values = new Map(withEvents.map(({ revision, events: [event] }) => [
    revision,
    event!.kind === "put" ? event!.item.value : undefined,
  ]));
  for (const [revision, value] of acknowledged) expect(values.get(revision)).toBe(value);
}

import { expect, it } from "vitest";
import { ManualClock } from "../../../api/clock.ts";
import { type Datastore, DatastoreError, type WatchBatch, type WatchOptions } from "../../../datastore/contract.ts";
import { openMemory } from "../../../datastore/memory/memory_datastore.ts";
import { Cache } from "./cache.ts";
import { encode, storageOf } from "./layout.ts";

const storage = storageOf({ group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true });

/** A store whose subscriptions can be cut off from what happens, and then be told that they lost it. */
class Forgetful {
  readonly store = openMemory();
  lists = 0;
  failing = false;
  #cut = false;
  #lost: ((error: DatastoreError) => void) | undefined;

  cut(): void {
    this.#cut = true;
  }

  tell(): void {
    this.#cut = false;
    this.#lost?.(new DatastoreError("compacted", "the history is gone"));
  }

  datastore(): Datastore {
    return new Proxy(this.store, {
      get: (store, name) => {
        if (name === "subscribe") {
          return (
            range: Parameters<Datastore["subscribe"]>[0],
            options: WatchOptions,
            sink: (batch: WatchBatch) => void,
          ) => {
            this.#lost = options.onLost;
            let cut = false;
            return store.subscribe(range, options, (batch) => {
              cut ||= this.#cut;
              if (!cut) sink(batch);
            });
          };
        }
        if (name === "list" && this.failing) return () => Promise.reject(new DatastoreError("unavailable", "away"));
        const member = Reflect.get(store, name);
        return typeof member === "function" ? member.bind(store) : member;
      },
    });
  }
}

it("reads anew what was lost, tells it in order, and goes on", async () => {
  const clock = new ManualClock();
  const forgetful = new Forgetful();
  const cache = await Cache.open({ datastore: forgetful.datastore(), clock, storages: [storage] });
  const put = (name: string, value: string) => {
    const object = { metadata: { name, namespace: "n" }, data: { value } };
    return forgetful.store.commit([{ kind: "put", key: `${storage.prefix}n/${name}`, value: encode(storage, object) }]);
  };
  const told: string[] = [];
  cache.observe(storage, (event) => told.push(`${(event.current ?? event.previous)!.name}@${event.revision}`));
  const values = () =>
    [...cache.resource(storage).list()].map((entry) => (entry.object as { data?: { value: string } }).data?.value);

  await put("same", "1");
  await put("changed", "1");
  await put("gone", "1");
  forgetful.cut();
  await put("changed", "2");
  await put("new", "1");
  await put("changed", "3");
  await forgetful.store.commit([{ kind: "delete", key: `${storage.prefix}n/gone` }]);
  expect(values()).toEqual(["1", "1", "1"]);
  told.length = 0;

  forgetful.failing = true;
  forgetful.tell();
  await clock.advance(0);
  expect(told).toEqual([]);
  forgetful.failing = false;
  await clock.advance(500);
  expect(told).toEqual(["new@6", "changed@7", "gone@8"]);
  expect(values()).toEqual(["3", "1", "1"]);
  expect(cache.revision).toBe(8);

  await put("later", "1");
  expect(told.at(-1)).toBe("later@9");
  cache.close();
  await forgetful.store.close();
});

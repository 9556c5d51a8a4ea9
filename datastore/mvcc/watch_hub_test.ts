import { describe, expect, it } from "vitest";
import { DatastoreError, type WatchBatch } from "../contract.ts";
import { EVERYTHING, reasonOf } from "../suite/engine.ts";
import { storeBatch } from "./history.ts";
import { WatchHub } from "./watch_hub.ts";

function hub() {
  const hub = new WatchHub({ revision: 1, compacted: 0, limits: { batches: 100, bytes: 1e6 } });
  const publish = (key: string) => {
    const revision = hub.revision + 1;
    const item = { key, value: "", createRevision: revision, modRevision: revision, version: 1 };
    hub.publish(storeBatch(revision, [{ kind: "put", item }], [undefined]));
  };
  return { hub, publish };
}

describe("WatchHub", () => {
  it("serves the others when one watcher throws", async () => {
    const { hub: it, publish } = hub();
    const seen: number[] = [];
    await it.subscribe(EVERYTHING, { after: 1 }, () => {
      throw new Error("a careless watcher");
    });
    await it.subscribe(
      EVERYTHING,
      { after: 1 },
      ({ events, revision }) => void (events.length > 0 && seen.push(revision)),
    );
    publish("a");
    publish("b");
    expect(seen).toEqual([2, 3]);
  });

  it("lets a watcher come and go while a batch is delivered", async () => {
    const { hub: it, publish } = hub();
    const late: WatchBatch[] = [];
    let joined: Promise<unknown> | undefined;
    const first = await it.subscribe(EVERYTHING, { after: 1 }, ({ events }) => {
      if (events.length === 0) return;
      first.close();
      joined = it.subscribe(EVERYTHING, { after: 1 }, (batch) => void late.push(batch));
    });
    publish("a");
    await joined;
    publish("b");
    expect(late.map(({ revision, events }) => [revision, events.length])).toEqual([[2, 1], [3, 1]]);
    expect(it.watchers).toBe(1);
  });

  it("refuses newcomers while it is told to", async () => {
    const { hub: it } = hub();
    it.refuse(new Error("busy") as never);
    await expect(it.subscribe(EVERYTHING, { after: 1 }, () => {})).rejects.toThrow("busy");
    it.refuse();
    await it.subscribe(EVERYTHING, { after: 1 }, () => {});
    it.close();
    expect(await reasonOf(it.subscribe(EVERYTHING, { after: 1 }, () => {}))).toBe("closed");
    expect(it.watchers).toBe(0);
  });

  it("tells watchers that events were lost, and goes on", async () => {
    const { hub: it, publish } = hub();
    publish("a");
    const errors: string[] = [];
    await it.subscribe(EVERYTHING, { after: 1, onLost: ({ reason }) => void errors.push(reason) }, () => {});
    const watching = reasonOf((async () => {
      for await (const _ of it.watch(EVERYTHING, { after: 1 }));
    })());
    await Promise.resolve();
    it.lose(50, 40, new DatastoreError("compacted", "list again"));
    expect(errors).toEqual(["compacted"]);
    expect(await watching).toBe("compacted");
    expect(it.watchers).toBe(0);
    const seen: number[] = [];
    await it.subscribe(
      EVERYTHING,
      { after: 50 },
      ({ events, revision }) => void (events.length && seen.push(revision)),
    );
    it.advance(60);
    publish("b");
    expect(seen).toEqual([61]);
    expect(await reasonOf(it.subscribe(EVERYTHING, { after: 39 }, () => {}))).toBe("compacted");
  });
});

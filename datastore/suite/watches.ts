import { expect } from "vitest";
import { MAX_WATCH_BACKLOG, prefixRange, type WatchBatch } from "../contract.ts";
import { type Case, EVERYTHING, firstEvents, put, reasonOf, record, remove } from "./engine.ts";

export function watchCases(it: Case): void {
  it("delivers history, then live events, without gap or duplicate", async (store) => {
    await put(store, "a", "1");
    await put(store, "b", "1");
    const watching = firstEvents(store, 5, { after: 2 });
    await put(store, "a", "2");
    await remove(store, "b");
    await store.commit([{ kind: "put", key: "d", value: "1" }, { kind: "put", key: "c", value: "1" }]);
    expect(await watching).toEqual([
      ["put b=1 @3 from 3 v1"],
      ["put a=2 @4 from 2 v2"],
      ["delete b @5"],
      ["put d=1 @6 from 6 v1", "put c=1 @6 from 6 v1"],
    ]);
  });

  it("delivers only the range", async (store) => {
    const watching = firstEvents(store, 2, { after: 1 }, prefixRange("/pods/"));
    const seen = await record(store, { after: 1 }, prefixRange("/pods/"));
    await put(store, "/nodes/a", "1");
    await store.commit([{ kind: "put", key: "/pods", value: "1" }, { kind: "put", key: "/pods/a", value: "1" }]);
    await put(store, "/pods0", "1");
    await put(store, "/pods/b", "1");
    const expected = [["put /pods/a=1 @3 from 3 v1"], ["put /pods/b=1 @5 from 5 v1"]];
    expect(await watching).toEqual(expected);
    expect(seen.events()).toEqual(expected.flat());
    seen.subscription.close();
    expect(await firstEvents(store, 2, { after: 1 }, prefixRange("/pods/"))).toEqual(expected);
  });

  it("fills the previous values when they are wanted, in history and live", async (store) => {
    await put(store, "a", "1");
    await put(store, "a", "2");
    const watching = firstEvents(store, 4, { after: 1, previous: true });
    const seen = await record(store, { after: 1, previous: true });
    const plain = await record(store, { after: 1 });
    await remove(store, "a");
    await put(store, "a", "3");
    const expected = [
      "put a=1 @2 from 2 v1",
      "put a=2 @3 from 2 v2 (was 1 @2)",
      "delete a @4 (was 2 @3)",
      "put a=3 @5 from 5 v1",
    ];
    expect((await watching).flat()).toEqual(expected);
    expect(seen.events()).toEqual(expected);
    expect(plain.events()).toEqual(expected.map((line) => line.replace(/ \(was.*/, "")));
    seen.subscription.close();
    plain.subscription.close();
    expect((await firstEvents(store, 4, { after: 1, previous: true })).flat()).toEqual(expected);
  });

  it("fills the previous values of a write that was on its way when the watch came", async (store) => {
    let revision = await put(store, "a", "0");
    for (let i = 1; i <= 20; i++) {
      const writing = put(store, "a", `${i}`);
      for (let turn = 0; turn < i % 7; turn++) await Promise.resolve();
      const seen = await record(store, { after: revision, previous: true });
      revision = await writing;
      expect(seen.events()).toEqual([`put a=${i} @${revision} from 2 v${i + 1} (was ${i - 1} @${revision - 1})`]);
      seen.subscription.close();
    }
  });

  it("hands a commit's events over before the commit resolves", async (store) => {
    let newest = 0;
    const subscription = await store.subscribe(EVERYTHING, { after: 1 }, ({ revision }) => newest = revision);
    const check = async (i: number) => {
      const revision = await put(store, `k${i % 5}`, `${i}`);
      expect(newest).toBeGreaterThanOrEqual(revision);
    };
    await Promise.all(Array.from({ length: 200 }, (_, i) => check(i)));
    subscription.close();
    await put(store, "a", "1");
    expect(newest).toBe(201);
  });

  it("resolves a subscription once everything so far was delivered", async (store) => {
    for (let i = 0; i < 50; i++) await put(store, `k${i}`, "1");
    const seen = await record(store, { after: 1 });
    expect(seen.events().length).toBe(50);
    const late = await record(store, { after: 51 });
    expect(late.batches.at(-1)).toEqual({ revision: 51, events: [] });
    seen.subscription.close();
    late.subscription.close();
    late.subscription.close();
  });

  it("refuses to start in the future, and what is no revision", async (store) => {
    expect(await reasonOf(firstEvents(store, 1, { after: 2 }))).toBe("futureRevision");
    expect(await reasonOf(record(store, { after: 2 }))).toBe("futureRevision");
    expect(await reasonOf(record(store, { after: -1 }))).toBe("invalidArgument");
    expect((await store.stats()).watchers).toBe(0);
  });

  it("ends without an error when the signal aborts", async (store) => {
    const controller = new AbortController();
    const seen: WatchBatch[] = [];
    const ended = (async () => {
      for await (const batch of store.watch(EVERYTHING, { after: 1, signal: controller.signal })) {
        if (batch.events.length > 0) seen.push(batch);
        if (seen.length === 2) controller.abort();
      }
    })();
    await put(store, "a", "1");
    await put(store, "a", "2");
    await ended;
    await put(store, "a", "3");
    expect(seen.map(({ revision }) => revision)).toEqual([2, 3]);
    expect((await store.stats()).watchers).toBe(0);
    for await (const _ of store.watch(EVERYTHING, { after: 1, signal: AbortSignal.abort() })) {
      throw new Error("not reached");
    }
  });

  it("ends a watch whose consumer leaves the loop, and a subscription whose signal aborts", async (store) => {
    await put(store, "a", "1");
    for await (const _ of store.watch(EVERYTHING, { after: 1 })) break;
    const controller = new AbortController();
    let calls = 0;
    await store.subscribe(EVERYTHING, { after: 2, signal: controller.signal }, () => calls++);
    expect((await store.stats()).watchers).toBe(1);
    controller.abort();
    const before = calls;
    await put(store, "a", "2");
    expect(calls).toBe(before);
    expect((await store.stats()).watchers).toBe(0);
    const reason = new Error("given up");
    await expect(store.subscribe(EVERYTHING, { after: 2, signal: AbortSignal.abort(reason) }, () => {})).rejects.toBe(
      reason,
    );
  });

  it("lets go of a watcher that does not read", async (store) => {
    const watch = store.watch(EVERYTHING, { after: 1 })[Symbol.asyncIterator]();
    expect((await watch.next()).value).toEqual({ revision: 1, events: [] });
    const other = await record(store, { after: 1 });
    const value = "v".repeat(1024 * 1024);
    for (let bytes = 0; bytes <= MAX_WATCH_BACKLOG; bytes += value.length) await put(store, "a", value);
    expect(
      await reasonOf((async () => {
        for (let i = 0; i < 100; i++) await watch.next();
      })()),
    ).toBe("slowWatcher");
    expect(other.batches.filter(({ events }) => events.length > 0).length).toBe(17);
    expect((await store.stats()).watchers).toBe(1);
    other.subscription.close();
  });

  it("lets a watcher read more history than the backlog may hold", async (store) => {
    const value = "v".repeat(1024 * 1024);
    for (let i = 0; i < 20; i++) await put(store, "a", value);
    const revisions: number[] = [];
    for await (const { revision, events } of store.watch(EVERYTHING, { after: 1 })) {
      if (events.length > 0) revisions.push(revision);
      // A slow reader: the store has long put everything into its hands, if it does not wait for it.
      for (let i = 0; i < 20; i++) await Promise.resolve();
      if (revisions.length === 20) break;
    }
    expect(revisions).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
  });

  it("keeps the order for watches that start while others write", async (store) => {
    let writing = true;
    const writers = Array.from({ length: 4 }, async (_, w) => {
      for (let i = 0; i < 150; i++) await put(store, `w${w}`, `${i}`);
    });
    const done = Promise.all(writers).then(() => writing = false);
    const watches: Promise<void>[] = [];
    // A bound, because on a slow disk the writers take long, and each watch sees all of their events.
    while (writing && watches.length < 100) {
      const after = Math.max(1, await store.revision() - 40);
      watches.push((async () => {
        let next = after + 1;
        const previous = after % 2 === 0;
        for await (const { events, revision } of store.watch(EVERYTHING, { after, previous })) {
          for (const event of events) {
            expect(revision).toBe(next++);
            // All but the first write of each key have a value before them.
            const isFirst = event.kind === "put" && event.item.version === 1;
            expect(event.previous !== undefined).toBe(previous && !isFirst);
            if (event.kind === "put" && event.previous) {
              expect(Number(event.previous.value)).toBe(Number(event.item.value) - 1);
            }
          }
          if (next > 601) return;
        }
      })());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await done;
    await Promise.all(watches);
    expect((await store.stats()).watchers).toBe(0);
  });
}

import { describe, expect, it } from "vitest";
import type { Datastore, WatchBatch } from "../contract.ts";
import { EVERYTHING, put, reasonOf, record } from "../suite/engine.ts";
import { startProxy } from "../suite/testing/tcp_proxy.ts";
import { until } from "../suite/testing/wait.ts";
import { expectAll, keepWriting } from "../suite/testing/writers.ts";
import { openEtcd } from "./open.ts";
import { startCluster, startEtcd, type TestEtcd } from "./testing/test_etcd.ts";

async function withEtcd(body: (etcd: TestEtcd) => Promise<void>): Promise<void> {
  const etcd = await startEtcd();
  try {
    await body(etcd);
  } finally {
    await etcd.dispose();
  }
}

async function withStore(endpoints: string[], body: (store: Datastore) => Promise<void>): Promise<void> {
  const store = await openEtcd({ endpoints });
  try {
    await body(store);
  } finally {
    await store.close();
  }
}

describe("etcd with trouble", () => {
  it(
    "goes on after etcd was killed and started again, with every event once",
    { timeout: 120_000 },
    () =>
      withEtcd((etcd) =>
        withStore([etcd.endpoint], async (store) => {
          const seen = await record(store, { after: 1 });
          const iterated: WatchBatch[] = [];
          const controller = new AbortController();
          const watching = (async () => {
            for await (const batch of store.watch(EVERYTHING, { after: 1, signal: controller.signal })) {
              iterated.push(batch);
            }
          })();
          const writing = keepWriting(store, 8);
          for (let round = 0; round < 3; round++) {
            const before = writing.acknowledged.size;
            await until("writes were acknowledged", () => writing.acknowledged.size > before + 50);
            await etcd.kill();
            await etcd.start();
          }
          const before = writing.acknowledged.size;
          await until("writes go on", () => writing.acknowledged.size > before + 50);
          await writing.stop();
          const revision = await store.revision();
          await until("the watch has come to the newest revision", () => iterated.at(-1)?.revision === revision);
          controller.abort();
          await watching;
          expectAll(seen.batches, 1, writing.acknowledged);
          expectAll(iterated, 1, writing.acknowledged);
          for (const reason of writing.failures.keys()) expect(["unknownOutcome", "unavailable"]).toContain(reason);
          expect((await store.list(EVERYTHING)).items.length).toBe(8);
        })
      ),
  );

  it(
    "is closed soon while etcd does not answer, and does not know what becomes of a write",
    { timeout: 30_000 },
    () =>
      withEtcd(async (etcd) => {
        const store = await openEtcd({ endpoints: [etcd.endpoint], timeout: 120_000 });
        await put(store, "a", "1");
        etcd.freeze();
        const [writing, reading] = [reasonOf(put(store, "a", "2")), reasonOf(store.get("a"))];
        await store.close();
        expect([await writing, await reading]).toEqual(["unknownOutcome", "closed"]);
      }),
  );

  it("does not know what became of a write whose answer was lost, and sees it later", () =>
    withEtcd(async (etcd) => {
      const proxy = startProxy(etcd.port);
      await withStore([`http://127.0.0.1:${proxy.port}`], async (store) => {
        const seen = await record(store, { after: 1 });
        await put(store, "a", "1");
        proxy.swallowAnswers();
        const lost = reasonOf(put(store, "a", "2"));
        await withStore([etcd.endpoint], (direct) =>
          until("the write is there", async () => await direct.revision() === 3));
        proxy.cut();
        expect(await lost).toBe("unknownOutcome");
        proxy.mend();
        expect((await store.get("a")).item?.value).toBe("2");
        expect(seen.events()).toEqual(["put a=1 @2 from 2 v1", "put a=2 @3 from 2 v2"]);
        expect(await put(store, "a", "3", 3)).toBe(4);
      });
      await proxy.close();
    }));

  it("refuses calls while there is no etcd, and goes on by itself", () =>
    withEtcd(async (etcd) => {
      const store = await openEtcd({ endpoints: [etcd.endpoint], timeout: 300 });
      await put(store, "a", "1");
      await etcd.kill();
      expect(["unavailable", "unknownOutcome"]).toContain(await reasonOf(put(store, "a", "2")));
      expect(await reasonOf(put(store, "a", "2"))).toBe("unavailable");
      expect(await reasonOf(store.get("a"))).toBe("unavailable");
      expect(await reasonOf(openEtcd({ endpoints: [etcd.endpoint], timeout: 300 }))).toBe("unavailable");
      await etcd.start();
      await until("it answers again", () => store.get("a").then(() => true, () => false));
      expect(await put(store, "a", "2", 2)).toBe(3);
      await store.close();
    }));

  it("tells watchers to list again when changes were compacted away while it was cut off", () =>
    withEtcd(async (etcd) => {
      const proxy = startProxy(etcd.port);
      await withStore([`http://127.0.0.1:${proxy.port}`], (store) =>
        withStore([etcd.endpoint], async (other) => {
          await put(store, "a", "1");
          const lost: string[] = [];
          await store.subscribe(EVERYTHING, { after: 2, onLost: ({ reason }) => void lost.push(reason) }, () => {});
          const watching = reasonOf((async () => {
            for await (const _ of store.watch(EVERYTHING, { after: 2 }));
          })());
          proxy.cut();
          for (let i = 0; i < 5; i++) await put(other, "a", `${i}`);
          await other.compact(6);
          proxy.mend();
          expect(await watching).toBe("compacted");
          expect(lost).toEqual(["compacted"]);
          expect((await store.list(EVERYTHING)).revision).toBe(7);
          const seen = await record(store, { after: 7 });
          expect(await put(other, "a", "new")).toBe(8);
          await until("the event comes", () => seen.events().length === 1);
          expect((await store.stats()).compactedRevision).toBe(6);
          expect(await reasonOf(store.get("a", { revision: 5 }))).toBe("compacted");
        }));
      await proxy.close();
    }));

  it("lets watchers list again when an old copy of etcd has taken its place", () =>
    withEtcd((etcd) =>
      withStore([etcd.endpoint], async (store) => {
        for (let i = 0; i < 5; i++) await put(store, "a", `${i}`);
        await etcd.kill();
        await copyDirectory(`${etcd.directory}/data`, `${etcd.directory}/copy`);
        await etcd.start();
        const lost: string[] = [];
        await store.subscribe(EVERYTHING, { after: 6, onLost: ({ reason }) => void lost.push(reason) }, () => {});
        for (let i = 0; i < 5; i++) await put(store, "b", `${i}`);
        await etcd.kill();
        await Deno.remove(`${etcd.directory}/data`, { recursive: true });
        await Deno.rename(`${etcd.directory}/copy`, `${etcd.directory}/data`);
        await etcd.start();
        expect(await store.list(EVERYTHING)).toMatchObject({ revision: 6, items: [{ key: "a", value: "4" }] });
        expect(lost).toEqual(["compacted"]);
        const seen = await record(store, { after: 6 });
        expect(await put(store, "c", "1")).toBe(7);
        expect(seen.events()).toEqual(["put c=1 @7 from 7 v1"]);
      })
    ));

  it(
    "goes on within 5 s when a member dies, the leader in its turn",
    { timeout: 120_000 },
    () =>
      withCluster(async (members, store) => {
        const first = await store.revision();
        const seen = await record(store, { after: first });
        for (const member of members) {
          const writing = keepWriting(store, 8);
          await until("writes are acknowledged", () => writing.acknowledged.size > 100);
          await member.kill();
          const killed = Date.now();
          // etcd itself lets the writes that the dead leader had taken wait for 7 s: what counts are new ones.
          await until("a new write is acknowledged", () => quickly(put(store, "new", "1")));
          expect(Date.now() - killed).toBeLessThan(5000);
          await writing.stop();
          await member.start();
          await until(
            "the member is back",
            () => openEtcd({ endpoints: [member.endpoint] }).then((alone) => alone.close()).then(() => true),
          );
          await store.revision();
          expectAll(seen.batches, first, writing.acknowledged);
        }
      }),
  );

  it("leaves a member that hangs", { timeout: 120_000 }, () =>
    withCluster(async (members, store) => {
      const first = await store.revision();
      const seen = await record(store, { after: first });
      // The one that it talks to.
      members[0]!.freeze();
      const frozen = Date.now();
      await store.get("new");
      expect(Date.now() - frozen).toBeLessThan(5000);
      expect(await put(store, "new", "1")).toBe(first + 1);
      expect(seen.events().length).toBe(1);
    }));
});

async function withCluster(body: (members: readonly TestEtcd[], store: Datastore) => Promise<void>): Promise<void> {
  const members = await startCluster(3);
  try {
    // Until they have elected a leader, a member may be left for another.
    await withStore(members.map(({ endpoint }) => endpoint), (store) => put(store, "first", "1").then(() => {}));
    await withStore(members.map(({ endpoint }) => endpoint), (store) => body(members, store));
  } finally {
    for (const member of members) await member.dispose();
  }
}

/** Whether the call succeeds within half a second. */
function quickly(call: Promise<unknown>): Promise<boolean> {
  return Promise.race([
    call.then(() => true, () => false),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500)),
  ]);
}

async function copyDirectory(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { mode: 0o700 });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyDirectory(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

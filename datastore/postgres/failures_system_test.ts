import { describe, expect, it } from "vitest";
import type { Datastore, WatchBatch } from "../contract.ts";
import { EVERYTHING, put, reasonOf, record, values } from "../suite/engine.ts";
import { startProxy, type TcpProxy } from "../suite/testing/tcp_proxy.ts";
import { until } from "../suite/testing/wait.ts";
import { expectAll, keepWriting } from "../suite/testing/writers.ts";
import { openPostgres } from "./open.ts";
import { startPostgres, type TestPostgres } from "./testing/test_postgres.ts";

/** Each test starts a database of its own, on a machine that may be busy. */
const PATIENT = { timeout: 120_000 };

async function withPostgres(body: (server: TestPostgres) => Promise<void>): Promise<void> {
  const server = await startPostgres();
  try {
    await body(server);
  } finally {
    await server.dispose();
  }
}

async function withStore(url: string, body: (store: Datastore) => Promise<void>): Promise<void> {
  const store = await openPostgres({ url });
  try {
    await body(store);
  } finally {
    await store.close();
  }
}

/** A store behind a connection that can be broken, and the address beside it. */
function withProxy(body: (store: Datastore, proxy: TcpProxy, direct: string) => Promise<void>): Promise<void> {
  return withPostgres(async (server) => {
    const direct = server.newAddress();
    const proxy = startProxy(server.port);
    try {
      await withStore(direct.replace(`:${server.port}/`, `:${proxy.port}/`), (store) => body(store, proxy, direct));
    } finally {
      await proxy.close();
    }
  });
}

describe("postgres with trouble", () => {
  it(
    "goes on after the database crashed and was started again, with every event once",
    PATIENT,
    () =>
      withPostgres(async (server) => {
        const url = server.newAddress();
        await withStore(url, (store) =>
          withStore(url, async (other) => {
            const seen = [await record(store, { after: 1 }), await record(other, { after: 1 })];
            const iterated: WatchBatch[] = [];
            const controller = new AbortController();
            const watching = (async () => {
              for await (const batch of other.watch(EVERYTHING, { after: 1, signal: controller.signal })) {
                iterated.push(batch);
              }
            })();
            const writing = [keepWriting(store, 4), keepWriting(other, 4, "o")];
            const size = () => Math.min(...writing.map(({ acknowledged }) => acknowledged.size));
            for (let round = 0; round < 4; round++) {
              const before = size();
              await until("writes are acknowledged", () => size() > before + 100);
              if (round < 3) {
                await server.crash();
                await server.start();
              }
            }
            await Promise.all(writing.map((writers) => writers.stop()));
            const revision = await other.revision();
            await store.revision();
            await until("the watch has come to the newest revision", () => iterated.at(-1)?.revision === revision);
            controller.abort();
            await watching;
            const acknowledged = new Map(writing.flatMap((writers) => [...writers.acknowledged]));
            for (const batches of [...seen.map(({ batches }) => batches), iterated]) {
              expectAll(batches, 1, acknowledged);
            }
            // The database itself told what had become of every write.
            for (const { failures } of writing) {
              expect([...failures.keys()]).toEqual([]);
            }
          }));
      }),
  );

  it(
    "finds out what became of a write whose answer was lost",
    PATIENT,
    () =>
      withProxy(async (store, proxy, direct) => {
        const seen = await record(store, { after: 1 });
        await put(store, "a", "1");
        await withStore(direct, async (other) => {
          for (let i = 0; i < 10; i++) {
            const before = await other.revision();
            const writing = put(store, "a", `again${i}`);
            for (let turn = 0; turn < i; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
            proxy.cut();
            proxy.mend();
            expect(await writing).toBe(before + 1);
          }
          expect(await values(other)).toEqual(["a=again9"]);
        });
        expect(seen.events().length).toBe(11);
        expect((await store.get("a")).item?.version).toBe(11);
      }),
  );

  it("gives up a write that never got its turn", PATIENT, () =>
    withProxy(async (store, proxy) => {
      await put(store, "a", "1");
      proxy.swallowAnswers();
      const writing = reasonOf(put(store, "a", "2"));
      await new Promise((resolve) => setTimeout(resolve, 100));
      proxy.cut();
      expect(await writing).toBe("unavailable");
      proxy.mend();
      expect(await put(store, "a", "3")).toBe(3);
    }));

  it(
    "waits for a commit that still runs, and says that the outcome is unknown when nobody can tell",
    PATIENT,
    () =>
      withProxy(async (store, proxy, direct) => {
        await put(store, "a", "1");
        const schema = schemaOf(direct);
        await run(
          direct,
          `create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(1); return null; end';
         create constraint trigger slow after insert on ${schema}.log deferrable initially deferred
         for each row when (new.value <> 'quick') execute function slow()`,
        );
        const cutInCommit = async (value: string) => {
          const writing = put(store, "a", value);
          await new Promise((resolve) => setTimeout(resolve, 400));
          proxy.cut();
          return { writing };
        };
        const told = await cutInCommit("2");
        proxy.mend();
        expect(await told.writing).toBe(3);
        const untold = await cutInCommit("3");
        expect(await reasonOf(untold.writing)).toBe("unknownOutcome");
        proxy.mend();
        expect((await store.get("a")).item?.value).toBe("3");
        expect(await put(store, "a", "quick", 4)).toBe(5);
      }),
  );

  it(
    "hears what was written while its connection was away",
    PATIENT,
    () =>
      withProxy((store, proxy, direct) =>
        withStore(direct, async (other) => {
          const seen = await record(store, { after: 1, previous: true });
          await put(other, "a", "1");
          await until("the first event came", () => seen.events().length === 1);
          proxy.cut();
          for (let i = 0; i < 20; i++) await put(other, "a", `away${i}`);
          proxy.mend();
          await until("the others came", () => seen.events().length === 21);
          expect(seen.events()).toEqual([
            "put a=1 @2 from 2 v1",
            ...Array.from(
              { length: 20 },
              (_, i) => `put a=away${i} @${i + 3} from 2 v${i + 2} (was ${i === 0 ? "1" : `away${i - 1}`} @${i + 2})`,
            ),
          ]);
        })
      ),
  );

  it(
    "tells watchers to list again when changes were compacted away while it was cut off",
    PATIENT,
    () =>
      withProxy((store, proxy, direct) =>
        withStore(direct, async (other) => {
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
        })
      ),
  );

  it(
    "goes on with a compaction that was cut short, and lets the database reuse the room",
    PATIENT,
    () =>
      withPostgres(async (server) => {
        const url = server.newAddress();
        await withStore(url, async (store) => {
          for (let round = 0; round < 20; round++) {
            await Promise.all(Array.from({ length: 20 }, (_, i) =>
              store.commit(
                Array.from({ length: 100 }, (_, j) => ({ kind: "put", key: `k${i}-${j}`, value: `${round}` })),
              )));
          }
          const compaction = store.compact(await store.revision());
          await server.crash();
          await server.start();
          await compaction.catch(() => {});
        });
        await withStore(url, async (store) => {
          const revision = await store.revision();
          await store.compact(revision);
          expect((await store.list(EVERYTHING)).items.every(({ value }) => value === "19")).toBe(true);
          expect((await store.stats()).compactedRevision).toBe(revision);
          expect(await rowsOf(url)).toBe(2000);
        });
      }),
  );

  it(
    "lets watchers list again when a replica that lagged has taken over",
    PATIENT,
    () =>
      withPostgres(async (server) => {
        const url = server.newAddress();
        await withStore(url, async (store) => {
          for (let i = 0; i < 10; i++) await put(store, "a", `${i}`);
          const lost: string[] = [];
          await store.subscribe(EVERYTHING, { after: 11, onLost: ({ reason }) => void lost.push(reason) }, () => {});
          // As if the last five commits had never come.
          const schema = schemaOf(url);
          await run(url, `delete from ${schema}.log where id >= 7 * 128; update ${schema}.state set revision = 6`);
          expect(await store.list(EVERYTHING)).toMatchObject({ revision: 6, items: [{ key: "a", value: "4" }] });
          expect(lost).toEqual(["compacted"]);
          const seen = await record(store, { after: 6 });
          expect(await put(store, "c", "1")).toBe(7);
          expect(seen.events()).toEqual(["put c=1 @7 from 7 v1"]);
        });
      }),
  );

  it("is not led astray by a notification of what is not there", PATIENT, () =>
    withPostgres(async (server) => {
      const url = server.newAddress();
      await withStore(url, async (store) => {
        const seen = await record(store, { after: 1 });
        await put(store, "a", "1");
        for (const payload of ["99", "nonsense", ""]) {
          await run(url, `select pg_notify('skiff_${schemaOf(url)}', '${payload}')`);
        }
        expect(await put(store, "a", "2")).toBe(3);
        expect((await store.get("a")).revision).toBe(3);
        expect(seen.events().length).toBe(2);
        await withStore(url, async (other) => expect(await put(other, "b", "1")).toBe(4));
        await until("the other's event comes", () => seen.events().length === 3);
      });
    }));

  it(
    "fails one write that the database refuses, and not those beside it",
    PATIENT,
    () =>
      withPostgres(async (server) => {
        const url = server.newAddress();
        await withStore(url, async (store) => {
          await run(url, `alter table ${schemaOf(url)}.log add check (value <> 'refused')`);
          const results = await Promise.allSettled(["a", "refused", "b", "c"].map((value) => put(store, value, value)));
          expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
          expect(await values(store)).toEqual(["a=a", "b=b", "c=c"]);
          expect(await store.revision()).toBe(4);
        });
      }),
  );
});

function schemaOf(url: string): string {
  return new URL(url).searchParams.get("schema")!;
}

async function run(url: string, sql: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const { success, stdout, stderr } = await new Deno.Command("psql", {
    args: ["-h", hostname, "-p", port, "-U", "postgres", "-Atc", sql],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

async function rowsOf(url: string): Promise<number> {
  return Number(await run(url, `select count(*) from ${schemaOf(url)}.log`));
}

/** What the datastore does on this machine: `deno task bench datastore`. */
import type { Datastore } from "../../datastore/contract.ts";
import { prefixRange } from "../../datastore/contract.ts";
import { openEtcd } from "../../datastore/etcd/open.ts";
import { startEtcd } from "../../datastore/etcd/testing/test_etcd.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { openPostgres } from "../../datastore/postgres/open.ts";
import { startPostgres } from "../../datastore/postgres/testing/test_postgres.ts";
import { openSqlite } from "../../datastore/sqlite/open.ts";

const VALUE = "v".repeat(1024);
const SECONDS = 2;

function percentile(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(2);
}

/** Prints, and returns how many there were in a second. */
function report(what: string, milliseconds: number[], elapsed: number): number {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const rate = Math.round(sorted.length / elapsed * 1000);
  console.log(
    `${what.padEnd(44)} ${String(rate).padStart(7)}/s  p50 ${percentile(sorted, 0.5)} ms  p99 ${
      percentile(sorted, 0.99)
    } ms`,
  );
  return rate;
}

/** `writers` loops of commits that each wait for the one before. */
async function load(what: string, writers: number, commit: (i: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  const begin = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: writers }, async () => {
    while (performance.now() - begin < SECONDS * 1000) {
      const start = performance.now();
      await commit(next++);
      times.push(performance.now() - start);
    }
  }));
  return report(what, times, performance.now() - begin);
}

/** The rates of writing, by what was done. */
type Rates = ReadonlyMap<string, number>;

async function measure(name: string, store: Datastore): Promise<Rates> {
  const rates = new Map<string, number>();
  for (const writers of [1, 32, 256]) {
    const rate = await load(
      `${name} create, ${writers} writers`,
      writers,
      (i) => store.commit([{ kind: "put", key: `/registry/configmaps/${writers}/${i}`, value: VALUE, expect: 0 }]),
    );
    rates.set(`create, ${writers} writers`, rate);
  }
  const { items } = await store.list(prefixRange("/registry/configmaps/32/"), { limit: 5000, keysOnly: true });
  // Each key has one writer at a time, as objects mostly have.
  const known = items.map(({ key, modRevision }) => ({ key, modRevision }));
  for (const writers of [1, 32, 256]) {
    const rate = await load(`${name} update, ${writers} writers`, writers, async (i) => {
      const entry = known[i % known.length]!;
      const result = await store.commit([{ kind: "put", key: entry.key, value: VALUE, expect: entry.modRevision }]);
      if (!result.ok) throw new Error("an update met a conflict");
      entry.modRevision = result.revision;
    });
    rates.set(`update, ${writers} writers`, rate);
  }
  await load(`${name} get`, 1, (i) => store.get(items[i % items.length]!.key));
  const sent: number[] = [];
  const delays: number[] = [];
  const subscription = await store.subscribe(
    prefixRange("/watched"),
    { after: await store.revision() },
    ({ events }) => {
      for (const _ of events) delays.push(performance.now() - sent[delays.length]!);
    },
  );
  const begin = performance.now();
  for (let i = 0; i < 1000; i++) {
    sent.push(performance.now());
    await store.commit([{ kind: "put", key: "/watched", value: VALUE }]);
  }
  report(`${name} commit to watcher`, delays, performance.now() - begin);
  subscription.close();
  return rates;
}

async function timed<T>(what: string, body: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await body();
  console.log(`${what.padEnd(44)} ${(performance.now() - start).toFixed(1)} ms`);
  return result;
}

/** What the first store of a process adds to it: its thread, the database's cache. Must run first. */
async function memory(path: string): Promise<void> {
  const megabytes = () => Deno.memoryUsage().rss / 1e6;
  const before = megabytes();
  const store = await openSqlite({ path });
  const opened = megabytes();
  for (let i = 0; i < 2000; i++) await store.commit([{ kind: "put", key: `k${i}`, value: VALUE }]);
  console.log(`${"sqlite memory when open".padEnd(44)} ${(opened - before).toFixed(1)} MB`);
  console.log(`${"sqlite memory after 2,000 commits".padEnd(44)} ${(megabytes() - before).toFixed(1)} MB`);
  await store.close();
}

/** 10,000 keys of 1 KB, opened anew as at the start of a server. */
async function openExisting(path: string): Promise<void> {
  const keys = Array.from({ length: 10_000 }, (_, i) => `/registry/pods/default/pod-${i}`);
  const store = await openSqlite({ path });
  for (let from = 0; from < keys.length; from += 100) {
    await store.commit(keys.slice(from, from + 100).map((key) => ({ kind: "put" as const, key, value: VALUE })));
  }
  await store.close();
  const opened = await timed("sqlite open and first read, 10k keys", async () => {
    const opened = await openSqlite({ path });
    await opened.get(keys[0]!);
    return opened;
  });
  await timed("sqlite list of 10k keys with values", () => opened.list(prefixRange("/registry/pods/")));
  await timed(
    "sqlite list of 10k keys, keys only",
    () => opened.list(prefixRange("/registry/pods/"), { keysOnly: true }),
  );
  await opened.close();
}

/** How long writers wait while a compaction removes what they have superseded. */
async function compactUnderLoad(path: string): Promise<void> {
  const store = await openSqlite({ path });
  const round = () =>
    Promise.all(
      Array.from({ length: 400 }, (_, i) =>
        store.commit(
          Array.from({ length: 50 }, (_, j) => ({ kind: "put" as const, key: `k${i}-${j}`, value: VALUE })),
        )),
    );
  for (let i = 0; i < 3; i++) await round();
  const compaction = timed(
    "sqlite compaction of 40k superseded rows",
    async () => store.compact(await store.revision()),
  );
  await load(
    "sqlite create while compacting, 32 writers",
    32,
    (i) => store.commit([{ kind: "put", key: `n${i}`, value: VALUE, expect: 0 }]),
  );
  await compaction;
  await store.close();
}

/** The store that Kubernetes otherwise has, on the same disk and through the same contract; undefined where it is not installed. */
async function measureEtcd(): Promise<Rates | undefined> {
  const etcd = await startEtcd({ fsync: true }).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (!etcd) {
    console.log("etcd is not installed here (Debian: etcd-server): it is left out");
    return undefined;
  }
  const store = await openEtcd({ endpoints: [etcd.endpoint] });
  const rates = await measure("etcd", store);
  await store.close();
  await etcd.dispose();
  return rates;
}

async function measurePostgres(): Promise<void> {
  const server = await startPostgres({ fsync: true }).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (!server) {
    console.log("PostgreSQL is not installed here (Debian: postgresql): it is left out");
    return;
  }
  const store = await openPostgres({ url: server.newAddress() });
  await measure("postgres", store);
  await store.close();
  await server.dispose();
}

function compare(sqlite: Rates, etcd: Rates): void {
  for (const [what, rate] of sqlite) {
    console.log(
      `${`sqlite to etcd, ${what}`.padEnd(44)} ${(rate / etcd.get(what)!).toFixed(1).padStart(7)} times the rate`,
    );
  }
}

export async function run(): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-bench-" });
  try {
    await memory(`${directory}/memory.db`);
    await openExisting(`${directory}/existing.db`);
    const store = await openSqlite({ path: `${directory}/load.db` });
    const sqlite = await measure("sqlite", store);
    await store.close();
    await compactUnderLoad(`${directory}/compaction.db`);
    const ephemeral = openMemory();
    await measure("memory", ephemeral);
    await ephemeral.close();
    const etcd = await measureEtcd();
    if (etcd) compare(sqlite, etcd);
    await measurePostgres();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) await run();

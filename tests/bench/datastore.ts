/** What the datastore does on this machine: `deno task bench datastore`. */
import type { Datastore } from "../../datastore/contract.ts";
import { prefixRange } from "../../datastore/contract.ts";
import { openEtcd } from "../../datastore/etcd/open.ts";
import { startEtcd } from "../../datastore/etcd/testing/test_etcd.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { openPostgres } from "../../datastore/postgres/open.ts";
import { startPostgres } from "../../datastore/postgres/testing/test_postgres.ts";
import { openSqlite } from "../../datastore/sqlite/open.ts";
import { report, timed, VALUE } from "./_datastore_figures.ts";
import { measureShared } from "./_datastore_shared.ts";
import { measureMemory, measureOpening } from "./_datastore_sizes.ts";
import { measureDelivery, measureFanOut } from "./_datastore_watch.ts";

const SECONDS = 2;
const WRITERS = [1, 32, 256];

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
  for (const writers of WRITERS) {
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
  for (const writers of WRITERS) {
    const rate = await load(`${name} update, ${writers} writers`, writers, async () => {
      const entry = known.shift()!;
      const result = await store.commit([{ kind: "put", key: entry.key, value: VALUE, expect: entry.modRevision }]);
      if (!result.ok) throw new Error("an update met a conflict");
      known.push({ ...entry, modRevision: result.revision });
    });
    rates.set(`update, ${writers} writers`, rate);
  }
  await load(`${name} get`, 1, (i) => store.get(items[i % items.length]!.key));
  for (const writers of WRITERS) await measureDelivery(name, store, writers);
  return rates;
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
  await measureFanOut("etcd", store);
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
  await measureShared(server.newAddress());
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
    await measureMemory(directory);
    for (const keys of [10_000, 1_000_000]) await measureOpening(`${directory}/${keys}.db`, keys);
    const store = await openSqlite({ path: `${directory}/load.db` });
    const sqlite = await measure("sqlite", store);
    await measureFanOut("sqlite", store);
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

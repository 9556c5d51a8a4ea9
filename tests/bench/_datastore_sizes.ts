import { prefixRange } from "../../datastore/contract.ts";
import { SqliteEngine } from "../../datastore/sqlite/engine.ts";
import { openSqlite } from "../../datastore/sqlite/open.ts";
import { timed, VALUE } from "./_datastore_figures.ts";

/** Of one transaction; each commit has as many keys as one may have. */
const COMMITS = 16;
const KEYS_PER_COMMIT = 125;

const keyOf = (i: number) => `/registry/pods/default/pod-${i}`;

function fill(path: string, keys: number): void {
  const engine = new SqliteEngine(path);
  for (let from = 0; from < keys; from += COMMITS * KEYS_PER_COMMIT) {
    const commits = Array.from(
      { length: COMMITS },
      (_, commit) =>
        Array.from(
          { length: KEYS_PER_COMMIT },
          (_, i) => [keyOf(from + commit * KEYS_PER_COMMIT + i), VALUE, 0] as const,
        ),
    );
    engine.commit({ commits, previous: false, held: false });
  }
  engine.close();
}

/** What the start of a server waits for, on a store with so many keys of 1 KB. */
export async function measureOpening(path: string, keys: number): Promise<void> {
  fill(path, keys);
  const shown = keys.toLocaleString("en");
  const store = await timed(`sqlite open and first read, ${shown} keys`, async () => {
    const opened = await openSqlite({ path });
    await opened.get(keyOf(0));
    return opened;
  });
  await timed(`sqlite count of ${shown} keys`, () => store.count(prefixRange("/registry/")));
  const limit = 10_000;
  await timed("sqlite list of 10,000 keys with values", () => store.list(prefixRange("/registry/"), { limit }));
  await timed(
    "sqlite list of 10,000 keys, keys only",
    () => store.list(prefixRange("/registry/"), { limit, keysOnly: true }),
  );
  await store.close();
}

/** What the first store of a process adds to it: its thread, the database's cache. Must run first. */
export async function measureMemory(path: string): Promise<void> {
  const megabytes = () => Deno.memoryUsage().rss / 1e6;
  const before = megabytes();
  const store = await openSqlite({ path });
  const opened = megabytes();
  for (let i = 0; i < 2000; i++) await store.commit([{ kind: "put", key: `k${i}`, value: VALUE }]);
  console.log(`${"sqlite memory when open".padEnd(44)} ${(opened - before).toFixed(1)} MB`);
  console.log(`${"sqlite memory after 2,000 commits".padEnd(44)} ${(megabytes() - before).toFixed(1)} MB`);
  await store.close();
}

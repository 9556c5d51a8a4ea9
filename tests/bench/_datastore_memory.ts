/**
 * What a store adds to a process: `_datastore_memory.ts FILE`, and with `--same-thread` what it would add without a thread of its own. Prints the
 * megabytes when it is open, after {@linkcode COMMITS}, and when a server would have given back what it does not need.
 */
import { QueryCounts } from "../../datastore/mvcc/query_counts.ts";
import { DEFAULT_RING } from "../../datastore/mvcc/history.ts";
import { SqliteEngine } from "../../datastore/sqlite/engine.ts";
import { ownMemory } from "../../cli/idle_memory.ts";
import { openSqlite } from "../../datastore/sqlite/open.ts";
import { QUERY_NAMES } from "../../datastore/sqlite/query_names.ts";
import { SqliteDatastore } from "../../datastore/sqlite/sqlite_datastore.ts";
import type { EngineLink } from "../../datastore/sqlite/worker_link.ts";
import { VALUE } from "./_datastore_figures.ts";

export const COMMITS: readonly number[] = [2000, 10_000];
/** Between the two releases of memory that a server has when it is quiet. */
const QUIET_MILLISECONDS = 1000;

/** The store as it is, but for the thread. */
function openInThisThread(path: string): SqliteDatastore {
  const counts = new QueryCounts(QUERY_NAMES);
  const engine = new SqliteEngine(path, counts);
  const link: EngineLink = {
    counts,
    // A turn of the loop, as a message between threads takes.
    call: async (name, ...[argument]) => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      return (engine[name] as (argument: unknown) => never).call(engine, argument);
    },
    terminate: () => {},
  };
  return new SqliteDatastore({ path, link, ring: DEFAULT_RING, ...engine.position() });
}

async function main([path, option]: readonly string[]): Promise<void> {
  const megabytes = () => Deno.memoryUsage().rss / 1e6;
  const before = megabytes();
  const store = option === "--same-thread" ? openInThisThread(path!) : await openSqlite({ path: path! });
  const added = [megabytes() - before];
  let done = 0;
  for (const commits of COMMITS) {
    for (; done < commits; done++) await store.commit([{ kind: "put", key: `k${done % 1000}`, value: VALUE }]);
    added.push(megabytes() - before);
  }
  for (let release = 0; release < 2; release++) {
    ownMemory.release();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MILLISECONDS));
  }
  added.push(megabytes() - before);
  await store.close();
  console.log(JSON.stringify(added));
}

if (import.meta.main) await main(Deno.args);

import type { HistoryLimits } from "../mvcc/history.ts";
import { testDatastore } from "../suite/datastore_suite.ts";
import { openSqlite } from "./open.ts";

function engine(name: string, options: { ring?: HistoryLimits }) {
  return {
    name,
    durable: true,
    create: async () => {
      const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
      return {
        open: () => openSqlite({ path: `${directory}/db/state.db`, ...options }),
        dispose: () => Deno.remove(directory, { recursive: true }),
      };
    },
  };
}

testDatastore(engine("sqlite", {}));

testDatastore(engine("sqlite with hardly any recent changes in memory", { ring: { batches: 3, bytes: 10_000 } }), [
  "watches",
  "compaction",
  "random",
]);

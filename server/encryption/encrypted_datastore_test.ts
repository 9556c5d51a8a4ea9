import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { openSqlite } from "../../datastore/sqlite/open.ts";
import { testDatastore } from "../../datastore/suite/datastore_suite.ts";
import type { Datastore } from "../../datastore/contract.ts";
import { newKey } from "./configuration.ts";
import { EncryptedDatastore } from "./encrypted_datastore.ts";
import { seal, unseal } from "./sealed_value.ts";

const key = newKey(0, []);
const keys = new Map([[key.name, key]]);

// Snapshots differ, since they hold what lies below, and so do random runs, which compare them.
const GROUPS = ["reads", "watches", "compaction", "lifecycle"] as const;

/** Everything is sealed: whoever works with the datastore must not notice. */
function sealing(store: Datastore): Datastore {
  return new EncryptedDatastore(store, {
    protects: () => true,
    seal: (place, text) => seal(key, place, text),
    open: (place, value) => unseal(keys, place, value),
    unreadable: (_place, error) => {
      throw error;
    },
  });
}

testDatastore({
  name: "encrypted memory",
  durable: false,
  create: async () => ({ open: async () => sealing(openMemory()), dispose: async () => {} }),
}, [...GROUPS]);

testDatastore({
  name: "encrypted sqlite",
  durable: true,
  create: async () => {
    const directory = await Deno.makeTempDir({ prefix: "skiff-encrypted-" });
    return {
      open: async () => sealing(await openSqlite({ path: `${directory}/state.db` })),
      dispose: () => Deno.remove(directory, { recursive: true }),
    };
  },
}, ["lifecycle"]);

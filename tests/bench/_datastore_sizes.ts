import { prefixRange } from "../../datastore/contract.ts";
import { SqliteEngine } from "../../datastore/sqlite/engine.ts";
import { openSqlite } from "../../datastore/sqlite/open.ts";
import { timed, VALUE } from "./_datastore_figures.ts";
import { COMMITS as MEASURED_COMMITS } from "./_datastore_memory.ts";
import { median } from "./_process.ts";

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

/** How often memory is measured: when garbage is collected differs from process to process. */
const RUNS = 5;

/** What a store adds to a process, each in one of its own with Skiff's flags, as medians; the difference is what the thread takes. */
export async function measureMemory(directory: string): Promise<void> {
  const runs = { thread: [] as (readonly number[])[], same: [] as (readonly number[])[] };
  for (let run = 0; run < RUNS; run++) {
    runs.thread.push(await memoryOf(`${directory}/thread-${run}.db`));
    runs.same.push(await memoryOf(`${directory}/same-thread-${run}.db`, "--same-thread"));
  }
  const moments = [
    "when open",
    ...MEASURED_COMMITS.map((commits) => `after ${commits.toLocaleString("en")} commits`),
    "in the first quiet moment then",
  ];
  for (const [i, moment] of moments.entries()) {
    const [all, rest] = [runs.thread, runs.same].map((found) => median(found.map((run) => run[i]!))) as [
      number,
      number,
    ];
    console.log(
      `${`sqlite memory ${moment}`.padEnd(44)} ${all.toFixed(1)} MB, without its thread ${
        rest.toFixed(1)
      } MB: the thread takes ${(all - rest).toFixed(1)} MB`,
    );
  }
}

async function memoryOf(path: string, ...options: readonly string[]): Promise<readonly number[]> {
  const script = new URL("./_datastore_memory.ts", import.meta.url).pathname;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const flags = [
    "--allow-all",
    "--no-check",
    `--config=${config}`,
    "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=100",
  ];
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, script, path, ...options],
    env: { DENO_USR2_MEMORY_TRIM: "1" },
  });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`the memory of a store could not be measured: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

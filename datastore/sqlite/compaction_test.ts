import { describe, expect, it } from "vitest";
import { EVERY_KEY } from "../mvcc/check.ts";
import { randomSource } from "../suite/random.ts";
import { GROUP, KEYS, type Step, valueOf } from "./compaction_writer.ts";
import { SqliteEngine } from "./engine.ts";

const PROGRAM = new URL("./compaction_writer.ts", import.meta.url);
/** Kills in each kind of step that are tried for, as long as there are updates: on a busy machine a kill may come a step late. */
const KILLS = 8;
const MEAN_VALUE = 320;
const BOUND = 2 * KEYS * MEAN_VALUE + 8e6;

/** The bytes of the store's files. */
function sizeOf(path: string): number {
  let bytes = 0;
  for (const file of [path, `${path}-wal`]) {
    try {
      bytes += Deno.statSync(file).size;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return bytes;
}

interface Run {
  /** The last step that had begun. */
  readonly step: Step;
  /** The last update that was acknowledged. */
  readonly updated: number;
  readonly largest: number;
  readonly killed: boolean;
}

/**
 * Runs the writer until its end, or until it has come to the step for the `count`th time since it finished a compaction: then it is killed. The next one
 * so has what this one left behind.
 */
async function run(path: string, first: number, last: number, kill?: { step: Step; count: number }): Promise<Run> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM.pathname, path, `${first}`, `${last}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let step: Step = "updating";
  let [updated, largest, count, compacted, sent, rest] = [first - 1, 0, 0, false, false, ""];
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith("updated ")) updated = Number(line.slice(8));
      else if (line === "compacted") compacted = true;
      else step = line as Step;
      if (!sent && compacted && line === kill?.step && ++count === kill.count) {
        sent = true;
        child.kill("SIGKILL");
      }
    }
    largest = Math.max(largest, sizeOf(path));
  }
  const { signal, success } = await child.status;
  // It may have come to its end before.
  expect([signal, success]).toEqual(signal ? ["SIGKILL", false] : [null, true]);
  return { step, updated, largest, killed: signal !== null };
}

/** Throws unless every key has the value of its newest acknowledged update, or of one of the group after it; the newest update of all. */
function verify(path: string, acknowledged: number): number {
  const engine = new SqliteEngine(path);
  try {
    const { revision } = engine.position();
    const { items } = engine.list({ range: EVERY_KEY, revision, limit: 2 * KEYS, bytes: 1e9, keysOnly: false });
    const numbers = items.map(({ value }) => Number(value.split(" ")[0])).toSorted((a, b) => a - b);
    const newest = numbers.at(-1) ?? 0;
    // The group is there as a whole or not at all.
    expect([acknowledged, acknowledged + GROUP]).toContain(newest);
    const count = Math.min(newest, KEYS);
    expect(numbers).toEqual(Array.from({ length: count }, (_, i) => newest - count + 1 + i));
    expect(items.filter(({ value }) => value !== valueOf(Number(value.split(" ")[0])))).toEqual([]);
    expect(engine.count({ range: EVERY_KEY, revision, limit: -1 }).count).toBe(count);
    return newest;
  } finally {
    engine.close();
  }
}

describe("a compaction of a SQLite store", () => {
  it("may be killed at any step while a million updates run: all are there, in twice what lives and 8 MB", {
    timeout: 900_000,
  }, async () => {
    const updates = Number(Deno.env.get("SKIFF_UPDATES") ?? 1_000_000);
    const seed = Number(Deno.env.get("SKIFF_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`kills at the steps of SKIFF_TEST_SEED=${seed}`);
    const random = randomSource(seed);
    const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
    const path = `${directory}/state.db`;
    const kills: Record<Step, number> = { marking: 0, sweeping: 0, vacuuming: 0, updating: 0 };
    const steps = Object.keys(kills) as Step[];
    let [done, largest] = [0, 0];
    while (done < updates) {
      // When each kind was hit often enough, to the end without a kill.
      const due = steps.filter((step) => kills[step] < KILLS);
      const step = due[Math.floor(random() * due.length)];
      const count = 1 + Math.floor(random() * 3);
      const ran = await run(path, done + 1, updates, step && { step, count });
      largest = Math.max(largest, ran.largest);
      if (ran.killed) kills[ran.step]++;
      try {
        done = verify(path, ran.updated);
      } catch (error) {
        throw new Error(`a kill while ${ran.step} with SKIFF_TEST_SEED=${seed} failed; the store is at ${path}`, {
          cause: error,
        });
      }
    }
    const final = sizeOf(path);
    console.log(`kills: ${JSON.stringify(kills)}; ${largest} bytes at most, ${final} in the end, ${BOUND} allowed`);
    for (const step of steps) expect([step, kills[step]]).not.toEqual([step, 0]);
    expect(largest).toBeLessThan(BOUND);
    expect(done).toBe(updates);
    await Deno.remove(directory, { recursive: true });
  });
});

import { describe, expect, it } from "vitest";
import { EVERY_KEY } from "../mvcc/check.ts";
import { randomSource } from "../suite/random.ts";
import { type Driver, WRITERS } from "./crash_writer.ts";
import { SqliteEngine } from "./engine.ts";

const PROGRAM = new URL("./crash_writer.ts", import.meta.url);
/** Stores that are written, killed and looked at independently of each other. */
const LANES = 4;
/** The latest moment for a kill: the writers then have gone through some compactions. */
const MILLISECONDS = 15;
/** A share of the kills comes while the store is still being opened. */
const EARLY = 0.15;
/** One victim in so many is the whole store with its thread, the others its engine. */
const WHOLE = 10;

/** A process that writes as soon as it is told to. Others start while it runs: most of a round would be the start of a process. */
interface Victim {
  /** Lets it write, kills it after so long, counted from when its store was open unless it is to be early; what it acknowledged. */
  crash(first: number, milliseconds: number, early: boolean): Promise<readonly string[]>;
  end(): Promise<void>;
}

function spawn(path: string, driver: Driver): Victim {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM.pathname, path, driver],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = child.stdin.getWriter();
  return {
    async crash(first, milliseconds, early) {
      let text = "";
      let started = false;
      let killed = false;
      const kill = () =>
        setTimeout(() => {
          killed = true;
          child.kill("SIGKILL");
        }, milliseconds);
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
        const isOpen = text.includes("open\n");
        text += part;
        if (!started) {
          started = true;
          await input.write(new TextEncoder().encode(`${first}`));
          if (early) kill();
        }
        if (!early && !isOpen && text.includes("open\n")) kill();
      }
      expect([killed, (await child.status).signal]).toEqual([true, "SIGKILL"]);
      return text.split("\n").slice(0, -1).filter((line) => /^\d/.test(line));
    },
    async end() {
      await input.close();
      for await (const _ of child.stdout);
      await child.status;
    },
  };
}

/** Throws unless the store has what the lines acknowledge, and a revision that is not below any that was handed out; the number that the next writers start with. */
function verify(path: string, lines: readonly string[]): number {
  const acknowledged = new Map<string, number>();
  let newest = 0;
  for (const line of lines) {
    const [writer, number, revision, held] = line.split(" ");
    if (!held) acknowledged.set(writer!, Number(number));
    newest = Math.max(newest, Number(revision));
  }
  const engine = new SqliteEngine(path);
  try {
    const { revision, compacted } = engine.position();
    expect(revision).toBeGreaterThanOrEqual(newest);
    const { items } = engine.list({ range: EVERY_KEY, revision, limit: 1000, bytes: 1e9, keysOnly: false });
    const values = new Map(items.map(({ key, value, modRevision }) => [key, { value, modRevision }]));
    let next = 1;
    for (let writer = 0; writer < WRITERS; writer++) {
      const [a, b, c, held] = ["a", "b", "c", "held"].map((name) => values.get(`w${writer}/${name}`));
      const [stored, padding] = a?.value.split(" ") ?? ["0", ""];
      expect(Number(stored)).toBeGreaterThanOrEqual(acknowledged.get(`${writer}`) ?? 0);
      expect(padding).toBe("x".repeat(Number(stored) % 3000));
      // What was held is there as far as something after it was not.
      expect(Number(held?.value ?? 0)).toBeGreaterThanOrEqual(Number(stored));
      expect(b).toEqual(a);
      expect(c).toEqual(Number(stored) % 2 ? a : undefined);
      next = Math.max(next, Number(stored) + 1);
    }
    expect(engine.count({ range: EVERY_KEY, revision, limit: -1 }).count).toBe(items.length);
    const { batches, through } = engine.history({
      range: EVERY_KEY,
      after: compacted,
      through: revision,
      previous: false,
      bytes: 1e9,
    });
    expect(through).toBe(revision);
    // A revision has three events, or two when there was nothing to delete; one that was held has one.
    expect(batches.filter(({ events }) => events.length < 1 || events.length > 3)).toEqual([]);
    expect(batches.map((batch) => batch.revision)).toEqual(batches.map((_, i) => revision - batches.length + 1 + i));
    return next;
  } finally {
    engine.close();
  }
}

describe("sqlite, killed", () => {
  it(
    "has all that was acknowledged and nothing half done, after a thousand kills (SKIFF_CRASHES for another number)",
    { timeout: 900_000 },
    async () => {
      const crashes = Number(Deno.env.get("SKIFF_CRASHES") ?? 1000);
      const seed = Number(Deno.env.get("SKIFF_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
      console.log(`${crashes} kills at the moments of SKIFF_TEST_SEED=${seed}`);
      const directory = await Deno.makeTempDir({ prefix: "skiff-crash-" });
      let left = crashes;
      let acknowledged = 0;
      await Promise.all(Array.from({ length: LANES }, async (_, lane) => {
        const random = randomSource(seed + lane);
        const path = `${directory}/${lane}.db`;
        let next = 1;
        let victim = spawn(path, "store");
        for (let round = 1; left > 0; round++) {
          left--;
          const running = victim;
          victim = spawn(path, round % WHOLE === 0 ? "store" : "engine");
          const lines = await running.crash(next, random() * MILLISECONDS, random() < EARLY);
          acknowledged += lines.length;
          try {
            next = verify(path, lines);
          } catch (error) {
            throw new Error(
              `kill ${round} of lane ${lane} with SKIFF_TEST_SEED=${seed} failed; the store is at ${path}`,
              {
                cause: error,
              },
            );
          }
        }
        await victim.end();
      }));
      // The kills came into the middle of writing.
      expect(acknowledged).toBeGreaterThan(crashes);
      console.log(`${acknowledged} writes were acknowledged, and are there`);
      await Deno.remove(directory, { recursive: true });
    },
  );
});

import { describe, expect, it } from "vitest";
import { EVERYTHING, firstEvents } from "../suite/engine.ts";
import { randomSource } from "../suite/random.ts";
import { WRITERS } from "./crash_writer.ts";
import { openSqlite } from "./open.ts";

const PROGRAM = new URL("./crash_writer.ts", import.meta.url);

/** Lets writers write, kills their process after some of its acknowledgements, and returns all of those. */
async function crash(path: string, first: number, acknowledgements: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM.pathname, path, `${first}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  let killed = false;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (!killed && text.split("\n").length > acknowledgements) {
      killed = true;
      child.kill("SIGKILL");
    }
  }
  expect((await child.status).signal).toBe("SIGKILL");
  return text.split("\n").slice(0, -1);
}

/** Throws unless the store has what the lines acknowledge, and a revision that is not below any that was handed out; the number that the next writers start with. */
async function verify(path: string, lines: readonly string[]): Promise<number> {
  const acknowledged = new Map<string, number>();
  let newest = 0;
  for (const line of lines) {
    const [writer, number, revision, held] = line.split(" ");
    if (!held) acknowledged.set(writer!, Number(number));
    newest = Math.max(newest, Number(revision));
  }
  await using store = await openSqlite({ path }).then((store) => ({
    store,
    [Symbol.asyncDispose]: () => store.close(),
  }));
  const { items, revision } = await store.store.list(EVERYTHING);
  const values = new Map(items.map(({ key, value, modRevision }) => [key, { value, modRevision }]));
  expect(revision).toBeGreaterThanOrEqual(newest);
  let next = 1;
  for (const writer of Array.from({ length: WRITERS }, (_, writer) => `${writer}`)) {
    const [a, b, c, held] = ["a", "b", "c", "held"].map((name) => values.get(`w${writer}/${name}`));
    const [stored, padding] = a?.value.split(" ") ?? ["0", ""];
    expect(Number(stored)).toBeGreaterThanOrEqual(acknowledged.get(writer) ?? 0);
    expect(padding).toBe("x".repeat(Number(stored) % 3000));
    // What was held is there as far as something after it was not.
    expect(Number(held?.value ?? 0)).toBeGreaterThanOrEqual(Number(stored));
    expect(b).toEqual(a);
    expect(c).toEqual(Number(stored) % 2 ? a : undefined);
    next = Math.max(next, Number(stored) + 1);
  }
  const { keys, compactedRevision } = await store.store.stats();
  expect(keys).toBe(items.length);
  if (revision > compactedRevision) {
    // A revision has three events, or two when there was nothing to delete; one that was held has one.
    const [batch] = await firstEvents(store.store, 1, { after: revision - 1 });
    expect([1, 2, 3]).toContain(batch!.length);
  }
  return next;
}

describe("sqlite, killed", () => {
  it(
    "has all that was acknowledged and nothing half done (SKIFF_CRASHES for more than 20)",
    { timeout: 600_000 },
    async () => {
      const crashes = Number(Deno.env.get("SKIFF_CRASHES") ?? 20);
      const seed = Number(Deno.env.get("SKIFF_SEED") ?? Math.floor(Math.random() * 2 ** 31));
      const random = randomSource(seed);
      const directory = await Deno.makeTempDir({ prefix: "skiff-crash-" });
      const path = `${directory}/state.db`;
      let next = 1;
      for (let round = 0; round < crashes; round++) {
        const lines = await crash(path, next, Math.floor(random() * 400));
        try {
          next = await verify(path, lines);
        } catch (error) {
          throw new Error(`round ${round} with SKIFF_SEED=${seed} failed; the store is at ${path}`, { cause: error });
        }
      }
      await Deno.remove(directory, { recursive: true });
    },
  );
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatastoreError, KeyValue } from "../contract.ts";
import { EVERY_KEY } from "../mvcc/check.ts";
import { randomSource } from "../suite/random.ts";
import { SqliteEngine } from "./engine.ts";

const COMMITS = 60;

/** The whole content, as text to compare. */
function content(engine: SqliteEngine): string {
  const { revision } = engine.position();
  const bounds = { revision, limit: 1000, bytes: 1e9, keysOnly: false };
  const { items } = engine.list({ range: EVERY_KEY, ...bounds });
  return JSON.stringify([revision, items.map(({ key, value, modRevision }: KeyValue) => [key, value, modRevision])]);
}

/** What the store was after each commit, and how long the log was then. */
interface Moment {
  readonly walBytes: number;
  readonly content: string;
}

describe("sqlite, its files cut off", () => {
  let directory = "";
  let main = new Uint8Array();
  let wal = new Uint8Array();
  const moments: Moment[] = [];

  beforeAll(() => {
    directory = Deno.makeTempDirSync({ prefix: "skiff-datastore-" });
    const path = `${directory}/state.db`;
    const engine = new SqliteEngine(path);
    const walBytes = () => Deno.statSync(`${path}-wal`).size;
    moments.push({ walBytes: walBytes(), content: content(engine) });
    for (let i = 0; i < COMMITS; i++) {
      const value = `${i} ${"v".repeat(i * 97 % 5000)}`;
      const third = i % 3 === 0 ? null : value;
      const [reply] = engine.commit({
        commits: [[[`a${i % 7}`, value, -1], [`b${i % 5}`, value, -1], ["c", third, -1]]],
        previous: false,
        held: false,
      });
      expect(reply!.kind).toBe("done");
      moments.push({ walBytes: walBytes(), content: content(engine) });
    }
    // Before the close, which would move the log into the file.
    main = Deno.readFileSync(path);
    wal = Deno.readFileSync(`${path}-wal`);
    engine.close();
  });

  afterAll(() => Deno.removeSync(directory, { recursive: true }));

  function reopened(log: Uint8Array | undefined): string {
    const path = `${directory}/cut.db`;
    Deno.writeFileSync(path, main);
    if (log) Deno.writeFileSync(`${path}-wal`, log);
    const engine = new SqliteEngine(path);
    try {
      const found = content(engine);
      // It goes on from there.
      const [reply] = engine.commit({ commits: [[["a0", "next", -1]]], previous: false, held: false });
      expect(reply).toMatchObject({ kind: "done", revision: JSON.parse(found)[0] + 1 });
      return found;
    } finally {
      engine.close();
    }
  }

  it("is as after the last commit that was whole, at a thousand ends of the log (SKIFF_CUTS for another number)", {
    timeout: 900_000,
  }, () => {
    const cuts = Number(Deno.env.get("SKIFF_CUTS") ?? 1000);
    const seed = Number(Deno.env.get("SKIFF_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`${cuts} cuts at the bytes of SKIFF_TEST_SEED=${seed}`);
    const random = randomSource(seed);
    // The tables are made in the log, too: before that, there is an empty store.
    const first = moments[0]!.walBytes;
    for (let cut = 0; cut < cuts; cut++) {
      const end = first + Math.floor(random() * (wal.length - first + 1));
      const log = wal.slice(0, random() < 0.5 ? end : wal.length);
      // What a disk may have there that had not yet been written, or was written in another order.
      for (let i = end; i < log.length; i++) log[i] = random() < 0.5 ? 0 : Math.floor(random() * 256);
      const expected = moments.findLast(({ walBytes }) => walBytes <= end)!;
      try {
        expect(reopened(log)).toBe(expected.content);
      } catch (error) {
        throw new Error(`cut ${cut} at byte ${end} with SKIFF_TEST_SEED=${seed} failed`, { cause: error });
      }
    }
  });

  it("is as after its last checkpoint when the log is missing", () => {
    const path = `${directory}/moved.db`;
    const engine = new SqliteEngine(path);
    const put = (value: string) => engine.commit({ commits: [[["a", value, -1]]], previous: false, held: false });
    // About four pages each: more than a thousand lead to a checkpoint.
    for (let i = 0; i < 400; i++) put(`${i} ${"v".repeat(9000)}`);
    const copy = Deno.readFileSync(path);
    engine.close();
    Deno.writeFileSync(`${directory}/alone.db`, copy);
    const alone = new SqliteEngine(`${directory}/alone.db`);
    try {
      const { revision } = alone.position();
      expect(revision).toBeGreaterThan(100);
      expect(alone.get({ key: "a", revision })?.value.split(" ")[0]).toBe(`${revision - 2}`);
    } finally {
      alone.close();
    }
  });

  it("finds damage in a file of any size", () => {
    const path = `${directory}/large.db`;
    const engine = new SqliteEngine(path);
    const value = "v".repeat(100_000);
    for (let i = 0; i < 800; i++) {
      engine.commit({ commits: [[[`k${i}`, value, -1]]], previous: false, held: true });
    }
    engine.close();
    expect(Deno.statSync(path).size).toBeGreaterThan(64 * 1024 * 1024);
    const healthy = new SqliteEngine(path);
    while (!healthy.verify(10).done);
    healthy.close();
    const file = Deno.openSync(path, { write: true });
    file.seekSync(2000 * 4096, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(200 * 4096).fill(0xaa));
    file.close();
    let reason = "";
    try {
      const damaged = new SqliteEngine(path);
      try {
        while (!damaged.verify(10).done);
      } finally {
        damaged.close();
      }
    } catch (error) {
      reason = (error as DatastoreError).reason ?? (error as Error).message;
    }
    expect(reason).toMatch(/corrupt|malformed/);
  });
});

/**
 * The victim of crash_test.ts: several writers, each raising one key in a commit that is held, then two keys and a third that comes and goes to its
 * next number in one that is not, and printing `<writer> <number> <revision>` for every acknowledged one, with `held` behind it for those that
 * are. It says `ready` when it has started, waits for a line with the first number before it opens the file, and then says `open`.
 *
 * Arguments: the file, and whether to write through the `store`, as servers do, or with its `engine` alone, whose process starts in a third of the time.
 */
import type { Operation } from "../contract.ts";
import { SqliteEngine } from "./engine.ts";
import { toWire } from "./wire.ts";

export const WRITERS = 6;
/** After so many of a writer's commits the store is compacted. */
const COMPACT_EVERY = 5;
/** Revisions that a compaction leaves. */
const KEPT = 20;

export type Driver = "engine" | "store";

const DRIVERS: Readonly<Record<Driver, (path: string, first: number) => Promise<void>>> = {
  engine: writeEngine,
  store: writeStore,
};

const encoder = new TextEncoder();
const writers = Array.from({ length: WRITERS }, (_, writer) => writer);

function print(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

function holdable(writer: number, number: number): Operation[] {
  return [{ kind: "put", key: `w${writer}/held`, value: `${number}` }];
}

function durable(writer: number, number: number): Operation[] {
  const value = `${number} ${"x".repeat(number % 3000)}`;
  const [a, b, c] = ["a", "b", "c"].map((name) => `w${writer}/${name}`) as [string, string, string];
  const third: Operation = number % 2 ? { kind: "put", key: c, value } : { kind: "delete", key: c };
  return [{ kind: "put", key: a, value }, { kind: "put", key: b, value }, third];
}

/** What the store's thread does, on this one: all writers' commits in one group. */
async function writeEngine(path: string, first: number): Promise<void> {
  const engine = new SqliteEngine(path);
  print("open");
  function commit(number: number, held: boolean): void {
    const commits = writers.map((writer) => (held ? holdable : durable)(writer, number).map(toWire));
    for (const [writer, reply] of engine.commit({ commits, previous: false, held }).entries()) {
      if (reply.kind !== "done") throw new Error(`a commit without expectations: ${JSON.stringify(reply)}`);
      print(`${writer} ${number} ${reply.revision}${held ? " held" : ""}`);
    }
  }
  for (let number = first;; number++) {
    commit(number, true);
    commit(number, false);
    if (number % COMPACT_EVERY > 0) continue;
    const revision = Math.max(1, engine.position().revision - KEPT);
    engine.setCompacted(revision);
    while (!engine.sweep(revision).done);
    while (!engine.vacuum().done);
  }
}

async function writeStore(path: string, first: number): Promise<void> {
  const { openSqlite } = await import("./open.ts");
  const store = await openSqlite({ path });
  print("open");
  async function write(writer: number): Promise<never> {
    for (let number = first;; number++) {
      const held = await store.commit(holdable(writer, number), { held: true });
      print(`${writer} ${number} ${held.revision} held`);
      const { ok, revision } = await store.commit(durable(writer, number));
      if (!ok) throw new Error("a commit without expectations met a conflict");
      print(`${writer} ${number} ${revision}`);
      if (number % COMPACT_EVERY === 0) await store.compact(Math.max(1, revision - KEPT));
    }
  }
  await Promise.all(writers.map(write));
}

async function main([path, driver]: readonly string[]): Promise<void> {
  print("ready");
  const line = new Uint8Array(16);
  const length = Deno.stdin.readSync(line);
  // Nobody wants it any more.
  if (length === null) return;
  await DRIVERS[driver as Driver](path!, Number(new TextDecoder().decode(line.subarray(0, length))));
}

if (import.meta.main) await main(Deno.args);

/**
 * The victim of compaction_test.ts: updates keys one after the other, in groups as the store's queue makes them, while compactions run between the groups
 * step by step. Before each step it prints which one it is, `compacted` after the last step of a compaction, and `updated <number>` when all updates
 * up to that number are on the disk.
 * Arguments: the file, the first update's number, the last one's.
 */
import { SqliteEngine } from "./engine.ts";

export const KEYS = 2000;
/** Of one transaction. */
export const GROUP = 500;
/** A compaction leaves so many revisions, and begins when there are four times as many. */
const KEPT = 500;

/** Where the writer can be. */
export type Step = "marking" | "sweeping" | "vacuuming" | "updating";

const encoder = new TextEncoder();
const padding = "v".repeat(1000);

/** The value's length goes up and down, so that what is freed does not fit what comes by itself. */
export function valueOf(number: number): string {
  return `${number} ${padding.slice(0, number % 7 === 0 ? 1000 : 50 + number % 300)}`;
}

function print(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

/** A compaction to the revision, one step at each call of `next`. */
function* compaction(engine: SqliteEngine, revision: number): Generator<void> {
  yield step("marking", () => engine.setCompacted(revision));
  while (!step("sweeping", () => engine.sweep(revision)).done) yield;
  while (!step("vacuuming", () => engine.vacuum()).done) yield;
  print("compacted");
}

function step<T>(name: Step, body: () => T): T {
  print(name);
  return body();
}

function update(engine: SqliteEngine, first: number): void {
  const commits = Array.from(
    { length: GROUP },
    (_, i) => [[`k${(first + i) % KEYS}`, valueOf(first + i), -1] as const],
  );
  for (const reply of step("updating", () => engine.commit({ commits, previous: false, held: false }))) {
    if (reply.kind !== "done") throw new Error(`an update failed: ${JSON.stringify(reply)}`);
  }
  print(`updated ${first + GROUP - 1}`);
}

function main([path, first, last]: readonly string[]): void {
  const engine = new SqliteEngine(path!);
  let running: Generator<void> | undefined;
  for (let number = Number(first); number < Number(last); number += GROUP) {
    update(engine, number);
    const { revision, compacted } = engine.position();
    // One that a kill has cut short goes on with the next.
    if (!running && revision - compacted >= 4 * KEPT) running = compaction(engine, revision - KEPT);
    if (running?.next().done) running = undefined;
  }
  for (const _ of compaction(engine, engine.position().revision));
  engine.close();
}

if (import.meta.main) main(Deno.args);

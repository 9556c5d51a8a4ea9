import { describe } from "vitest";
import { commitCases } from "./commits.ts";
import { compactionCases } from "./compaction.ts";
import { caseOf, type Engine } from "./engine.ts";
import { lifecycleCases } from "./lifecycle.ts";
import { randomCases } from "./random.ts";
import { readCases } from "./reads.ts";
import { snapshotCases } from "./snapshots.ts";
import { watchCases } from "./watches.ts";

/** The contract as tests: registers every case for the engine. */
export function testDatastore(engine: Engine): void {
  describe(engine.name, () => {
    const it = caseOf(engine);
    describe("reads", () => readCases(it));
    describe("commits", () => commitCases(it));
    describe("watches", () => watchCases(it));
    describe("compaction", () => compactionCases(it));
    describe("snapshots", () => snapshotCases(it));
    describe("lifecycle", () => lifecycleCases(engine, it));
    describe("random", () => randomCases(engine));
  });
}

import { describe } from "vitest";
import { commitCases } from "./commits.ts";
import { compactionCases } from "./compaction.ts";
import { type Case, caseOf, type Engine } from "./engine.ts";
import { lifecycleCases } from "./lifecycle.ts";
import { linearizabilityCases } from "./linearizability/cases.ts";
import { randomCases } from "./random.ts";
import { readCases } from "./reads.ts";
import { snapshotCases } from "./snapshots.ts";
import { watchCases } from "./watches.ts";

const GROUPS = {
  reads: (_: Engine, it: Case) => readCases(it),
  commits: (_: Engine, it: Case) => commitCases(it),
  watches: (_: Engine, it: Case) => watchCases(it),
  compaction: (_: Engine, it: Case) => compactionCases(it),
  linearizability: (_: Engine, it: Case) => linearizabilityCases(it),
  snapshots: (_: Engine, it: Case) => snapshotCases(it),
  lifecycle: lifecycleCases,
  random: randomCases,
};

/** The contract as tests: registers every case for the engine, or those of some groups for one that differs only there. */
export function testDatastore(engine: Engine, groups = Object.keys(GROUPS) as (keyof typeof GROUPS)[]): void {
  describe(engine.name, () => {
    for (const group of groups) describe(group, () => GROUPS[group](engine, caseOf(engine)));
  });
}

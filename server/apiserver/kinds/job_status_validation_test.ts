import { describe, expect, it } from "vitest";
import type { JobSpec, JobStatus } from "../../../api/types/batch_v1.ts";
import { validateJobStatus } from "./job_status_validation.ts";

const [earlier, later] = ["2026-01-02T03:04:05Z", "2026-01-02T04:00:00Z"];
const is = (...types: string[]) => ({ conditions: types.map((type) => ({ type, status: "True" })) });
const running = { startTime: earlier };
const complete = { ...running, completionTime: later, ...is("SuccessCriteriaMet", "Complete") };
const failed = { ...running, ...is("FailureTarget", "Failed") };
const indexed = { completionMode: "Indexed", completions: 5, backoffLimitPerIndex: 1 };

function faults(status: JobStatus, old: JobStatus = running, spec: Partial<JobSpec> = {}): string[] {
  const job = (status: JobStatus) => ({ metadata: { name: "a" }, spec: spec as JobSpec, status });
  return validateJobStatus(job(status), job(old)).map(String);
}

const accepted: [string, JobStatus, JobStatus?, Partial<JobSpec>?][] = [
  ["completes", complete],
  ["fails", failed],
  ["runs", { ...running, active: 2, ready: 1, succeeded: 3, terminating: 1 }],
  ["goes on in what was wrong before", { ...is("Complete"), active: 1 }, { ...is("Complete"), active: 1 }],
  ["names its indexes", { ...running, completedIndexes: "0,2-3", failedIndexes: "1,4" }, running, indexed],
  [
    "is resumed",
    { startTime: later, conditions: [{ type: "Suspended", status: "False" }] },
    { ...running, ...is("Suspended") },
  ],
  ["is suspended", {}, running, { suspend: true }],
  ["becomes smaller", { ...running, succeeded: 1 }, { ...running, succeeded: 2 }, { ...indexed, parallelism: 5 }],
  ["is nothing to be done", { ...is("SuccessCriteriaMet", "Complete"), completionTime: later }, {}, {
    suspend: true,
    completions: 0,
  }],
];

const omitted = "status.conditions: Invalid value: cannot ";
const refused: [JobStatus, JobStatus, Partial<JobSpec>, ...string[]][] = [
  [{ ...running, ready: -1 }, running, {}, "status.ready: Invalid value: -1: must be greater than or equal to 0"],
  [
    { ...complete, ...is("SuccessCriteriaMet", "Complete", "Failed", "FailureTarget") },
    running,
    {},
    `${omitted}set Complete=True and Failed=true conditions`,
    `${omitted}set Complete=True and FailureTarget=true conditions`,
    `${omitted}set SuccessCriteriaMet=True and Failed=true conditions`,
    `${omitted}set SuccessCriteriaMet=True and FailureTarget=true conditions`,
  ],
  [{ ...failed, ...is("Failed") }, running, {}, `${omitted}set Failed=True condition without the FailureTarget=true`],
  [
    { ...complete, ...is("Complete") },
    running,
    { successPolicy: { rules: [] } },
    `${omitted}set Complete=True condition without the SuccessCriteriaMet=true condition`,
    `${omitted}set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True`,
  ],
  [
    { ...running, completionTime: later },
    running,
    {},
    `status.completionTime: Invalid value: "${later}": cannot set completionTime when there is no Complete=True condition`,
  ],
  [
    { startTime: later, completionTime: earlier, ...is("SuccessCriteriaMet", "Complete") },
    {},
    {},
    `status.completionTime: Invalid value: "${earlier}": must be equal to or after \`startTime\``,
  ],
  [
    is("SuccessCriteriaMet", "Complete"),
    {},
    {},
    "status.completionTime: Required value: completionTime is required for Complete jobs",
    "status.startTime: Required value: startTime is required for finished job",
  ],
  [
    { ...failed, active: 1, terminating: 1, uncountedTerminatedPods: { failed: ["a"] } },
    running,
    {},
    "status.active: Invalid value: 1: active>0 is invalid for finished job",
    'status.uncountedTerminatedPods: Invalid value: {"Succeeded":null,"Failed":["a"]}: must be empty for finished job',
    "status.terminating: Invalid value: 1: terminating>0 is invalid for finished job",
  ],
  [{ ...running, ready: 1 }, running, {}, "status.ready: Invalid value: 1: cannot set more ready pods than active"],
  [
    { ...running, completedIndexes: "0", failedIndexes: "1" },
    running,
    {},
    'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion',
    'status.failedIndexes: Invalid value: "1": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
  ],
  [
    { ...running, completedIndexes: "0-3", failedIndexes: "2-7,3" },
    running,
    indexed,
    'status.failedIndexes: Invalid value: "2-7,3": error parsing failedIndexes: too large index: "7"',
    'status.failedIndexes: Invalid value: "2-7,3": failedIndexes and completedIndexes overlap at index: 3',
  ],
  [{ ...running, completedIndexes: "a" }, running, indexed, "error parsing completedIndexes: cannot convert string to"],
  [
    { ...running, uncountedTerminatedPods: { succeeded: ["a", ""], failed: ["a"] } },
    running,
    {},
    'status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty',
    'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
  ],
  [
    { ...running, failed: 1, succeeded: 1 },
    { ...running, failed: 2, succeeded: 2 },
    { ...indexed, parallelism: 2 },
    "status.failed: Invalid value: 1: cannot decrease the failed counter",
    "status.succeeded: Invalid value: 1: cannot decrease the succeeded counter",
  ],
  [
    running,
    failed,
    {},
    `${omitted}disable the terminal Failed=True`,
    `${omitted}disable the terminal FailureTarget=True`,
  ],
  [running, { ...running, ...is("SuccessCriteriaMet") }, {}, `${omitted}disable the SuccessCriteriaMet=True condition`],
  [{ ...complete, completionTime: earlier }, complete, {}, `"${earlier}": field is immutable`],
  [
    { startTime: later },
    running,
    {},
    `status.startTime: Invalid value: "${later}": field is immutable for unsuspended job once set`,
  ],
  [
    complete,
    { ...complete, ...is("Complete") },
    {},
    `${omitted}set SuccessCriteriaMet=True for Job already has Complete`,
  ],
];

describe("the status of a Job", () => {
  for (const [name, status, old, spec] of accepted) {
    it(`may say that it ${name}`, () => expect(faults(status, old, spec)).toEqual([]));
  }

  for (const [status, old, spec, ...words] of refused) {
    it(`cannot become ${JSON.stringify(status)} after ${JSON.stringify(old)}`, () => {
      expect(faults(status, old, spec)).toEqual(words.map((part) => expect.stringContaining(part)));
    });
  }
});

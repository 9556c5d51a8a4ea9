/** What the parts of a Job's status say of each other. */
import { isConditionTrue } from "../../../api/meta/conditions.ts";
import type { JobSpec, JobStatus } from "../../../api/types/batch_v1.ts";

/** What the rules are about. Times in ms. */
export type Facts =
  & Readonly<Record<"Complete" | "Failed" | "FailureTarget" | "SuccessCriteriaMet" | "isFinished", boolean>>
  & {
    readonly active: number;
    readonly ready: number | undefined;
    readonly terminating: number | undefined;
    readonly startTime: number | undefined;
    readonly completionTime: number | undefined;
    readonly completedIndexes: string;
    readonly failedIndexes: string | undefined;
    readonly uncountedTerminatedPods: JobStatus["uncountedTerminatedPods"];
  };

interface Rule {
  /** It is asked about when one of these changes: what a status has said before is not held against who writes the rest. */
  readonly on: readonly (keyof Facts)[];
  readonly at: keyof JobStatus;
  /** Of the field `at`, what an error shows of it: a required one is absent. */
  readonly tells: "nothing" | "value" | "required";
  readonly detail: string;
  readonly isBroken: (now: Facts, spec: JobSpec) => boolean;
}

export const rules: readonly Rule[] = [
  {
    on: ["Complete", "Failed"],
    at: "conditions",
    tells: "nothing",
    detail: "cannot set Complete=True and Failed=true conditions",
    isBroken: ({ Complete, Failed }) => Complete && Failed,
  },
  {
    on: ["Complete", "FailureTarget"],
    at: "conditions",
    tells: "nothing",
    detail: "cannot set Complete=True and FailureTarget=true conditions",
    isBroken: ({ Complete, FailureTarget }) => Complete && FailureTarget,
  },
  {
    on: ["Complete", "completionTime"],
    at: "completionTime",
    tells: "value",
    detail: "cannot set completionTime when there is no Complete=True condition",
    isBroken: ({ Complete, completionTime }) => completionTime !== undefined && !Complete,
  },
  {
    on: ["Complete", "completionTime"],
    at: "completionTime",
    tells: "required",
    detail: "completionTime is required for Complete jobs",
    isBroken: ({ Complete, completionTime }) => completionTime === undefined && Complete,
  },
  {
    on: ["startTime", "completionTime"],
    at: "completionTime",
    tells: "value",
    detail: "must be equal to or after `startTime`",
    isBroken: ({ startTime = -Infinity, completionTime = Infinity }) => completionTime < startTime,
  },
  {
    on: ["Failed", "failedIndexes"],
    at: "conditions",
    tells: "nothing",
    detail: "cannot set Failed=True condition without the FailureTarget=true condition",
    isBroken: ({ Failed, FailureTarget }) => Failed && !FailureTarget,
  },
  {
    on: ["Complete", "SuccessCriteriaMet"],
    at: "conditions",
    tells: "nothing",
    detail: "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
    isBroken: ({ Complete, SuccessCriteriaMet }) => Complete && !SuccessCriteriaMet,
  },
  {
    on: ["isFinished", "active"],
    at: "active",
    tells: "value",
    detail: "active>0 is invalid for finished job",
    isBroken: ({ isFinished, active }) => isFinished && active > 0,
  },
  {
    on: ["isFinished", "startTime"],
    at: "startTime",
    tells: "required",
    detail: "startTime is required for finished job",
    isBroken: ({ isFinished, startTime }, { suspend, completions }) =>
      isFinished && startTime === undefined && !(suspend && completions === 0),
  },
  {
    on: ["isFinished", "uncountedTerminatedPods"],
    at: "uncountedTerminatedPods",
    tells: "value",
    detail: "must be empty for finished job",
    isBroken: ({ isFinished, uncountedTerminatedPods: { failed = [], succeeded = [] } = {} }) =>
      isFinished && failed.length + succeeded.length > 0,
  },
  {
    on: ["completedIndexes"],
    at: "completedIndexes",
    tells: "value",
    detail: "cannot set non-empty completedIndexes when non-indexed completion mode",
    isBroken: ({ completedIndexes }, { completionMode }) => completedIndexes !== "" && completionMode !== "Indexed",
  },
  {
    on: ["failedIndexes"],
    at: "failedIndexes",
    tells: "value",
    detail: "cannot set non-null failedIndexes when backoffLimitPerIndex is null",
    isBroken: ({ failedIndexes }, { backoffLimitPerIndex }) =>
      failedIndexes !== undefined && backoffLimitPerIndex === undefined,
  },
  {
    on: ["isFinished", "terminating"],
    at: "terminating",
    tells: "value",
    detail: "terminating>0 is invalid for finished job",
    isBroken: ({ isFinished, terminating = 0 }) => isFinished && terminating > 0,
  },
  {
    on: ["ready", "active"],
    at: "ready",
    tells: "value",
    detail: "cannot set more ready pods than active",
    isBroken: ({ ready, active }) => ready !== undefined && ready > active,
  },
];

/** Ends that exclude each other, changed or not. */
export const contradictions: readonly (readonly [string, (now: Facts, spec: JobSpec) => boolean])[] = [
  [
    "cannot set SuccessCriteriaMet=True and Failed=true conditions",
    ({ SuccessCriteriaMet, Failed }) => SuccessCriteriaMet && Failed,
  ],
  [
    "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions",
    ({ SuccessCriteriaMet, FailureTarget }) => SuccessCriteriaMet && FailureTarget,
  ],
  [
    "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True",
    ({ SuccessCriteriaMet, Complete }, { successPolicy }) =>
      successPolicy !== undefined && Complete && !SuccessCriteriaMet,
  ],
];

export function factsOf({ conditions, startTime, completionTime, ...status }: JobStatus): Facts {
  const is = (type: string) => isConditionTrue(conditions, type);
  const time = (text: string | undefined) => text === undefined ? undefined : Date.parse(text);
  const [Complete, Failed] = [is("Complete"), is("Failed")];
  return {
    ...{ Complete, Failed, isFinished: Complete || Failed },
    ...{ FailureTarget: is("FailureTarget"), SuccessCriteriaMet: is("SuccessCriteriaMet") },
    ...{ startTime: time(startTime), completionTime: time(completionTime) },
    ...{ active: status.active ?? 0, ready: status.ready, terminating: status.terminating },
    ...{ completedIndexes: status.completedIndexes ?? "", failedIndexes: status.failedIndexes },
    uncountedTerminatedPods: status.uncountedTerminatedPods,
  };
}

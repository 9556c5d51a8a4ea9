import { describe, expect, it } from "vitest";
import type { FieldError } from "../../../api/meta/field.ts";
import type { Job, JobSpec } from "../../../api/types/batch_v1.ts";
import { jobStrategy } from "./job.ts";

const labels = { app: "a" };
const base = {
  manualSelector: true,
  selector: { matchLabels: labels },
  template: {
    metadata: { labels },
    spec: { restartPolicy: "Never", containers: [{ name: "main", image: "busybox" }] },
  },
};

function job(spec: object): Job {
  const made = structuredClone({ metadata: { name: "a" }, spec: { ...base, ...spec } as JobSpec });
  jobStrategy.defaults!(made);
  return made;
}

function said(errors: readonly FieldError[] = []): string[] {
  return errors.map((error) => `${error.field}: ${error.body()}`);
}

const indexed = { completionMode: "Indexed", completions: 5, parallelism: 2 };
const failing = (rule: object) => ({ podFailurePolicy: { rules: [{ action: "FailJob", ...rule }] } });
const exit = (fields: object) => failing({ onExitCodes: { operator: "In", values: [1], ...fields } });
const succeeding = (...rules: object[]) => ({ ...indexed, successPolicy: { rules } });

const refused: readonly (readonly [object, ...string[]])[] = [
  [{ completionMode: "Indexed", parallelism: 1 }, "spec.completions: Required value: when completion mode is Indexed"],
  [{ ...indexed, maxFailedIndexes: 1 }, "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes"],
  [{ ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 6 }, "maxFailedIndexes: Invalid value: 6: must be less"],
  [{ ...indexed, parallelism: 100_001 }, "spec.parallelism: Invalid value: 100001: must be less than or equal"],
  [{ ...indexed, completions: 100_001, backoffLimitPerIndex: 1 }, "spec.maxFailedIndexes: Required value: must be"],
  [{ backoffLimitPerIndex: 1 }, "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"],
  [{ managedBy: "me" }, 'spec.managedBy: Invalid value: "me": must be a domain-prefixed path'],
  [{ managedBy: "A/b c" }, 'spec.managedBy: Invalid value: "A"', 'spec.managedBy: Invalid value: "b c": Invalid path'],
  [
    { template: { ...base.template, spec: { ...base.template.spec, restartPolicy: "Always" } } },
    "restartPolicy: Required",
  ],
  [
    {
      ...failing({ onPodConditions: [{ type: "a" }] }),
      template: { ...base.template, spec: { ...base.template.spec, restartPolicy: "OnFailure" } },
    },
    'restartPolicy: Invalid value: "OnFailure": only "Never" is supported',
  ],
  [failing({}), "rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required"],
  [exit({ values: [] }), "onExitCodes.values: Invalid value: []: at least one value is required"],
  [exit({ values: [2, 1] }), "onExitCodes.values: Invalid value: [2,1]: must be ordered"],
  [
    exit({ values: [0, 0] }),
    "values[0]: Invalid value: 0",
    "values[1]: Invalid value: 0",
    "values[1]: Duplicate value",
  ],
  [exit({ containerName: "x" }), 'containerName: Invalid value: "x": must be one of the container'],
  [exit({ operator: "" }), 'onExitCodes.operator: Required value: valid values: ["In" "NotIn"]'],
  [
    failing({ action: "FailIndex", onPodConditions: [{ type: "a b" }] }),
    "rules[0].action: Invalid value",
    "onPodConditions[0].type: Invalid value",
  ],
  [{ successPolicy: { rules: [{ succeededCount: 1 }] } }, "requires indexed completion mode"],
  [
    {
      completionMode: "Indexed",
      parallelism: 2,
      successPolicy: { rules: [{ succeededIndexes: "0", succeededCount: 1 }] },
    },
    "spec.completions: Required value",
  ],
  [succeeding(), "successPolicy.rules: Required value"],
  [succeeding({}), "successPolicy.rules[0]: Required value: at least one of succeededCount"],
  [succeeding({ succeededCount: 6 }), "succeededCount: Invalid value: 6: must be less than or equal to 5 (the number"],
  [
    succeeding({ succeededIndexes: "0-1", succeededCount: 3 }),
    "must be less than or equal to 2 (the number of indexes",
  ],
  [succeeding({ succeededIndexes: "1-5" }), 'error parsing succeededIndexes: too large index: "5"'],
  [succeeding({ succeededIndexes: "2,1" }), "non-increasing order, previous: 2, current: 1"],
  [succeeding({ succeededIndexes: "1-2-3" }), 'the fragment "1-2-3" violates'],
  [succeeding({ succeededIndexes: "a" }), 'cannot convert string to integer for index: "a"'],
];

describe("a Job", () => {
  it("may have policies for failure and success", () => {
    const good = job({
      ...succeeding({ succeededIndexes: "0,2-4", succeededCount: 3 }),
      backoffLimitPerIndex: 1,
      maxFailedIndexes: 2,
      managedBy: "example.com/queue",
      podFailurePolicy: {
        rules: [
          { action: "FailIndex", onExitCodes: { operator: "NotIn", values: [0, 7], containerName: "main" } },
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] },
        ],
      },
    });
    expect(said(jobStrategy.validate!(good))).toEqual([]);
  });

  for (const [spec, ...words] of refused) {
    it(`is refused with ${JSON.stringify(spec)}`, () => {
      expect(said(jobStrategy.validate!(job(spec)))).toEqual(words.map((part) => expect.stringContaining(part)));
    });
  }

  it("keeps its policies, and its completions but with the parallelism", () => {
    const update = (spec: object, before: object) => said(jobStrategy.validateUpdate!(job(spec), job(before)));
    expect(update({ ...indexed, completions: 4, parallelism: 4 }, indexed)).toEqual([]);
    expect(update({ ...indexed, completions: 4 }, indexed))
      .toEqual(["spec.completions: Invalid value: 4: can only be modified in tandem with spec.parallelism"]);
    expect(update({ completions: 4 }, { completions: 5 }))
      .toEqual(["spec.completions: Invalid value: 4: field is immutable"]);
    expect(update(indexed, succeeding({ succeededCount: 1 }))[0]).toContain("spec.successPolicy: Invalid value: null");
  });
  it("tells twice of what an update brings that is wrong by itself", () => {
    const now = job({ parallelism: -1 });
    const errors = [...jobStrategy.validate!(now), ...jobStrategy.validateUpdate!(now, job({ parallelism: 1 }))];
    const fault = "spec.parallelism: Invalid value: -1: must be greater than or equal to 0";
    expect(said(errors)).toEqual([fault, fault]);
  });

  it("has a name that its Pods can have with their index", () => {
    const named = job(indexed);
    named.metadata.name = "a".repeat(62);
    expect(said(jobStrategy.validate!(named)))
      .toEqual([expect.stringContaining(`will not able to create pod with invalid DNS label: ${"a".repeat(62)}-4`)]);
    expect(jobStrategy.warnings!({ ...named, metadata: { name: "a.b" } })[0]).toContain(
      "metadata.name: this is used in",
    );
  });
});

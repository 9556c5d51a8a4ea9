import { describe, expect, it } from "vitest";
import type { Job, JobSpec } from "../../../api/types/batch_v1.ts";
import type { Affinity, PodSpec } from "../../../api/types/core_v1.ts";
import { validateJobSpecUpdate } from "./job_update_validation.ts";

const container = { name: "main", image: "busybox" };
const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } };
const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [] };

function job(pod: Partial<PodSpec>, status: Job["status"], suspend = true): Job {
  const spec = { suspend, template: { spec: { containers: [container], ...pod } } } as JobSpec;
  return structuredClone({ metadata: { name: "a" }, spec, status: status! });
}

const suspended = { conditions: [{ type: "Suspended", status: "True" }] };
const faults = (now: Partial<PodSpec>, before: Partial<PodSpec>, status: Job["status"] = suspended, suspend = true) =>
  validateJobSpecUpdate(job(now, status, suspend), job(before, status, suspend)).map(({ field }) => field);

describe("the template of a Job", () => {
  const elsewhere = {
    nodeSelector: { zone: "b" },
    tolerations: [{ operator: "Exists" }],
    schedulingGates: [{ name: "g" }],
  };
  const larger = { containers: [{ ...container, resources: { requests: { cpu: "2" } } }] };

  it("may be sent elsewhere and given more while the Job is suspended and none of its Pods is left", () => {
    expect(faults(elsewhere, {})).toEqual([]);
    expect(faults(larger, {})).toEqual([]);
    expect(faults({ initContainers: larger.containers }, { initContainers: [container] })).toEqual([]);
  });

  it("stays in all else", () => {
    const others: Partial<PodSpec>[] = [
      { containers: [{ ...container, image: "alpine" }] },
      { containers: [container, { ...container, name: "other" }] },
      { containers: [{ ...container, name: "other" }] },
      { priorityClassName: "high" },
    ];
    for (const other of others) expect(faults(other, {})).toEqual(["spec.template.spec"]);
  });

  it("stays while the Job runs, has not been found suspended, or has Pods", () => {
    expect(faults(elsewhere, {}, suspended, false)).toEqual(["spec.template"]);
    expect(faults(elsewhere, {}, {})).toEqual(["spec.template"]);
    expect(faults(elsewhere, {}, { ...suspended, active: 1 })).toEqual(["spec.template"]);
  });

  const moves: [now: Affinity | undefined, before: Affinity | undefined, field?: string][] = [
    [{ nodeAffinity }, undefined],
    [undefined, { nodeAffinity }],
    [{ nodeAffinity, podAffinity }, { podAffinity }],
    [{ podAffinity }, { podAffinity, nodeAffinity }],
    [undefined, { podAffinity, nodeAffinity }, "spec.template.spec"],
    [{ podAffinity, nodeAffinity }, undefined, "spec.template.spec"],
  ];
  it("may change its affinity to nodes, and to no Pods", () => {
    const pod = (affinity: Affinity | undefined) => affinity === undefined ? {} : { affinity };
    for (const [now, before, field] of moves) {
      expect(faults(pod(now), pod(before))).toEqual(field === undefined ? [] : [field]);
    }
  });
});

import { describe, expect, it } from "vitest";
import type { Job, JobSpec } from "../../../api/types/batch_v1.ts";
import { jobStrategy } from "./job.ts";

const uid = "u-1";

function made(spec: object = {}, labels: Record<string, string> | null = { app: "a" }): Job {
  const template = {
    ...labels && { metadata: { labels } },
    spec: { restartPolicy: "Never", containers: [{ name: "main", image: "busybox" }] },
  };
  const job = structuredClone({ metadata: { name: "a", uid }, spec: { template, ...spec } as unknown as JobSpec });
  jobStrategy.defaults!(job);
  jobStrategy.prepareForCreate!(job, { now: 0, warn: () => {} });
  return job;
}

function faults(job: Job): string[] {
  return [...jobStrategy.validate!(job), ...jobStrategy.validateCreate!(job)].map(String);
}

describe("a Job's labels", () => {
  const generated = {
    "controller-uid": uid,
    "batch.kubernetes.io/controller-uid": uid,
    "job-name": "a",
    "batch.kubernetes.io/job-name": "a",
  };

  it("are made of its name and uid, and are the Job's own where it has none", () => {
    const job = made();
    expect(job.spec.selector).toEqual({ matchLabels: { "batch.kubernetes.io/controller-uid": uid } });
    expect(job.spec.template.metadata?.labels).toEqual({ app: "a", ...generated });
    expect(faults(job)).toEqual([]);
    expect(made({}, null).metadata.labels).toEqual(generated);
  });

  it("are the client's where it says so", () => {
    const job = made({ manualSelector: true, selector: { matchLabels: { app: "a" } } });
    expect(job.spec.template.metadata?.labels).toEqual({ app: "a" });
    expect(faults(job)).toEqual([]);
  });

  it("cannot be another Job's", () => {
    const job = made({}, { "controller-uid": "u-2", "job-name": "a" });
    expect(faults(job)).toEqual([
      expect.stringContaining("spec.template.metadata.labels[controller-uid]: Invalid value"),
    ]);
    expect(faults(made({ selector: { matchLabels: { app: "a" } } }))).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"a","batch.kubernetes.io/controller-uid":"u-1"}}: ' +
      "`selector` not auto-generated",
    ]);
  });

  it("stay as they are, those with a prefix only where they were", () => {
    const [job, old] = [made(), made()];
    const without = (job: Job, ...names: string[]) => {
      for (const name of names) delete job.spec.template.metadata!.labels![name];
      return job;
    };
    without(job, "batch.kubernetes.io/job-name");
    const faults = () =>
      jobStrategy.validateUpdate!(job, old).map(String).filter((fault) => fault.includes("Required"));
    expect(faults()).toEqual([
      "spec.template.metadata.labels[batch.kubernetes.io/job-name]: Required value: must be 'a'",
    ]);
    without(old, "batch.kubernetes.io/job-name");
    expect(faults()).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatTime } from "../../../api/meta/time.ts";
import { jobs, pods } from "../../../api/resources.ts";
import { serviceUnavailable } from "../../../api/status.ts";
import type { Job } from "../../../api/types/batch_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { Call } from "../../../client/testing/memory_client.ts";
import { validateJobStatus } from "../../apiserver/kinds/job_status_validation.ts";
import { World } from "../testing/world.ts";
import { jobController } from "./job.ts";
import { indexOf, isTracked } from "./pods.ts";
import { ttlAfterFinished } from "./ttl.ts";

describe("jobController", () => {
  let world: World;
  let faults: string[];

  beforeEach(() => {
    world = new World();
    faults = [];
    world.client.intercept = noteFaults;
  });

  afterEach(async () => {
    await world.stop();
    // Whatever a test is about, the API server would have taken every status.
    expect(faults).toEqual([]);
  });

  function noteFaults({ resource, subresource, object }: Call): void {
    if (resource !== "jobs" || subresource !== "status" || object === undefined) return;
    faults.push(...validateJobStatus(object as Job, job()).map(String));
  }

  const target = { namespace: "default", name: "job" };

  async function start(spec: Partial<Job["spec"]>): Promise<void> {
    const template = {
      metadata: { labels: { job: "job" } },
      spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] },
    };
    const selector = { matchLabels: { job: "job" } };
    await world.create(jobs, { metadata: { name: "job" }, spec: { selector, template, ...spec } });
    await world.start(jobController, ttlAfterFinished);
  }

  const patch = (spec: Record<string, unknown>) =>
    world.client.patch(jobs, target, { type: "merge", patch: { spec } }).then(() => world.settle());
  const job = () => world.client.all(jobs)[0]!;
  const conditions = () =>
    (job().status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
  const unfinished = () => world.client.all(pods).filter(({ status }) => !status?.phase || status.phase === "Running");

  async function end(pod: Pod, phase: "Succeeded" | "Failed", exitCode = phase === "Failed" ? 1 : 0): Promise<void> {
    const finishedAt = formatTime(world.clock.now());
    const base = { name: "c", image: "i", imageID: "", ready: false, restartCount: 0 };
    await world.report(pod, {
      phase,
      containerStatuses: [{ ...base, state: { terminated: { exitCode, finishedAt } } }],
    });
    await world.settle();
  }

  it("runs to its completions, so many at once, and counts each Pod once", async () => {
    await start({ completions: 5, parallelism: 2 });
    const seen: number[] = [];
    while (unfinished().length > 0) {
      seen.push(unfinished().length);
      await end(unfinished()[0]!, "Succeeded");
    }
    expect(seen).toEqual([2, 2, 2, 2, 1]);
    expect(job().status).toMatchObject({ succeeded: 5, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    expect(job().status?.completionTime).toBeDefined();
    expect(conditions()).toEqual(["SuccessCriteriaMet=True CompletionsReached", "Complete=True CompletionsReached"]);
    expect(world.client.all(pods).filter(isTracked)).toEqual([]);
  });

  it("counts right though every third write fails", async () => {
    let calls = 0;
    await start({ completions: 6, parallelism: 3 });
    world.client.intercept = (call) => {
      noteFaults(call);
      const { verb, resource, subresource } = call;
      const isOurs = (verb === "update" && resource === "jobs") || (verb === "patch" && subresource === "");
      if ((isOurs || verb === "create") && ++calls % 3 === 0) throw serviceUnavailable("try again");
    };
    for (let round = 0; round < 12; round++) {
      for (const pod of unfinished()) await end(pod, "Succeeded");
      await world.settle(60_000);
    }
    expect(world.client.all(pods)).toHaveLength(6);
    expect(job().status?.succeeded).toBe(6);
    expect(conditions()).toContain("Complete=True CompletionsReached");
  });

  it("replaces failed Pods after a wait that doubles, up to the limit", async () => {
    await start({ backoffLimit: 2 });
    const births: number[] = [];
    for (let step = 0; step < 60; step++) {
      for (const pod of unfinished()) {
        births.push((Date.parse(pod.metadata.creationTimestamp!) - Date.UTC(2026, 0, 1)) / 1000);
        await end(pod, "Failed");
      }
      await world.settle(1000);
    }
    expect(births).toEqual([0, 10, 30]);
    expect(job().status?.failed).toBe(3);
    expect(conditions()).toEqual(["FailureTarget=True BackoffLimitExceeded", "Failed=True BackoffLimitExceeded"]);
  });

  it("gives each index a Pod that knows it, and remembers which are done", async () => {
    await start({ completions: 4, parallelism: 3, completionMode: "Indexed" });
    const byIndex = (index: number) => unfinished().find((pod) => indexOf(pod) === index)!;
    const first = byIndex(0);
    expect(first.metadata.name).toMatch(/^job-0-[a-z0-9]{5}$/);
    expect(first.spec.hostname).toBe("job-0");
    expect(first.spec.containers[0]?.env?.[0]?.name).toBe("JOB_COMPLETION_INDEX");
    await end(byIndex(2), "Succeeded");
    await end(byIndex(0), "Succeeded");
    expect(job().status).toMatchObject({ succeeded: 2, completedIndexes: "0,2", active: 2 });
    await end(byIndex(1), "Failed");
    await world.settle(10_000);
    expect(unfinished().map(indexOf).sort()).toEqual([1, 3]);
    await end(byIndex(1), "Succeeded");
    await end(byIndex(3), "Succeeded");
    expect(job().status).toMatchObject({ succeeded: 4, failed: 1, completedIndexes: "0-3" });
    expect(conditions()).toContain("Complete=True CompletionsReached");
  });

  it("gives up single indexes when their own limit is reached", async () => {
    await start({ completions: 2, parallelism: 2, completionMode: "Indexed", backoffLimitPerIndex: 1 });
    for (let step = 0; step < 40; step++) {
      for (const pod of unfinished()) await end(pod, indexOf(pod) === 0 ? "Failed" : "Succeeded");
      await world.settle(1000);
    }
    expect(job().status).toMatchObject({ succeeded: 1, failed: 2, completedIndexes: "1", failedIndexes: "0" });
    expect(conditions()).toContain("Failed=True FailedIndexes");
  });

  it("succeeds early when its success policy says so, and stops the rest", async () => {
    const successPolicy = { rules: [{ succeededIndexes: "0" }] };
    await start({ completions: 3, parallelism: 3, completionMode: "Indexed", successPolicy });
    await end(unfinished().find((pod) => indexOf(pod) === 0)!, "Succeeded");
    expect(conditions()).toEqual(["SuccessCriteriaMet=True SuccessPolicy", "Complete=True SuccessPolicy"]);
    expect(unfinished()).toEqual([]);
    expect(job().status?.failed).toBeUndefined();
  });

  it("obeys the Pod failure policy", async () => {
    const rules = [
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] },
      { action: "FailJob", onExitCodes: { operator: "In", values: [42] } },
    ];
    await start({ backoffLimit: 0, podFailurePolicy: { rules } });
    const [pod] = unfinished() as [Pod];
    await world.report(pod, { phase: "Failed", conditions: [{ type: "DisruptionTarget", status: "True" }] });
    await world.settle(20_000);
    expect(job().status?.failed).toBeUndefined();
    await end(unfinished()[0]!, "Failed", 42);
    expect(conditions()).toEqual(["FailureTarget=True PodFailurePolicy", "Failed=True PodFailurePolicy"]);
  });

  it("ends at its deadline, and stops what runs", async () => {
    await start({ activeDeadlineSeconds: 30, parallelism: 2, completions: 2 });
    await world.settle(29_000);
    expect(unfinished()).toHaveLength(2);
    await world.settle(2_000);
    expect(world.client.all(pods)).toEqual([]);
    expect(conditions()).toEqual(["FailureTarget=True DeadlineExceeded", "Failed=True DeadlineExceeded"]);
  });

  it("stops its Pods when suspended, and starts new ones when resumed", async () => {
    await start({ parallelism: 2, completions: 2 });
    await patch({ suspend: true });
    expect(unfinished()).toEqual([]);
    expect(job().status?.startTime).toBeUndefined();
    expect(conditions()).toEqual(["Suspended=True JobSuspended"]);
    await patch({ suspend: false });
    expect(unfinished()).toHaveLength(2);
    expect(conditions()).toEqual(["Suspended=False JobResumed"]);
    expect(job().status?.failed).toBeUndefined();
  });

  it("ends, with its start, though it was suspended as its last Pod ended", async () => {
    await start({ completions: 1 });
    const { startTime } = job().status!;
    await world.client.patch(jobs, target, { type: "merge", patch: { spec: { suspend: true } } });
    await end(unfinished()[0]!, "Succeeded");
    expect(conditions()).toEqual(["SuccessCriteriaMet=True CompletionsReached", "Complete=True CompletionsReached"]);
    expect(job().status?.startTime).toBe(startTime);
  });

  it("follows its parallelism up and down", async () => {
    await start({ parallelism: 1, completions: 10 });
    await patch({ parallelism: 4 });
    expect(unfinished()).toHaveLength(4);
    await patch({ parallelism: 2 });
    expect(unfinished()).toHaveLength(2);
    expect(job().status?.failed).toBeUndefined();
  });

  it("adopts a Pod that matches, with the finalizer, and releases one that matches no more", async () => {
    await start({ completions: 4, parallelism: 2 });
    const { name = "", uid } = unfinished()[0]!.metadata;
    const change = async (metadata: Record<string, unknown>) => {
      await world.client.patch(pods, { namespace: "default", name }, { type: "merge", patch: { metadata } });
      await world.settle();
    };
    const pod = () => world.client.all(pods).find(({ metadata }) => metadata.name === name)!;
    await change({ ownerReferences: null, finalizers: null });
    expect(pod().metadata).toMatchObject({ uid, ownerReferences: [{ name: "job", controller: true }] });
    expect(isTracked(pod())).toBe(true);
    expect(unfinished()).toHaveLength(2);
    await change({ labels: null });
    expect(pod().metadata.ownerReferences ?? []).toEqual([]);
    expect(unfinished()).toHaveLength(3);
  });

  it("ends a work queue when all workers have ended after the first success", async () => {
    await start({ parallelism: 3 });
    await end(unfinished()[0]!, "Succeeded");
    expect(unfinished()).toHaveLength(2);
    await end(unfinished()[0]!, "Succeeded");
    await end(unfinished()[0]!, "Succeeded");
    expect(job().status?.succeeded).toBe(3);
    expect(conditions()).toContain("Complete=True CompletionsReached");
  });

  it("lets the Pods of a deleted Job go", async () => {
    await start({ parallelism: 2, completions: 2 });
    await world.client.delete(jobs, target);
    for (const name of world.names(pods)) await world.client.delete(pods, { namespace: "default", name });
    await world.settle();
    expect(world.names(pods)).toEqual([]);
  });

  it("goes when its time after the end is over", async () => {
    await start({ ttlSecondsAfterFinished: 60 });
    await end(unfinished()[0]!, "Succeeded");
    await world.settle(59_000);
    expect(world.names(jobs)).toEqual(["job"]);
    await world.settle(2_000);
    expect(job()?.metadata.deletionTimestamp).toBeDefined();
  });
});

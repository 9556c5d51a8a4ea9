import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { controllerOf } from "../../../api/meta/owner.ts";
import { formatTime } from "../../../api/meta/time.ts";
import { cronjobs, events, jobs } from "../../../api/resources.ts";
import type { CronJob, Job } from "../../../api/types/batch_v1.ts";
import { World } from "../testing/world.ts";
import { cronJobController } from "./cronjob.ts";

const minute = 60_000;

describe("cronJobController", () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.stop());

  async function create(spec: Partial<CronJob["spec"]> = {}): Promise<void> {
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } };
    const jobTemplate = { metadata: { labels: { cron: "yes" } }, spec: { template } };
    await world.create(cronjobs, { metadata: { name: "cj" }, spec: { schedule: "* * * * *", jobTemplate, ...spec } });
  }

  async function start(spec: Partial<CronJob["spec"]> = {}): Promise<void> {
    await create(spec);
    await world.start(cronJobController);
  }

  const cronJob = () => world.client.all(cronjobs)[0]!;
  const times = () =>
    world.client.all(jobs).map(({ metadata }) =>
      metadata.annotations?.["batch.kubernetes.io/cronjob-scheduled-timestamp"]?.slice(11, 16)
    );

  async function finish(job: Job, type: "Complete" | "Failed"): Promise<void> {
    const time = formatTime(world.clock.now());
    const status = {
      conditions: [{ type, status: "True", lastTransitionTime: time }],
      ...(type === "Complete" ? { completionTime: time } : {}),
    };
    const target = { namespace: "default", name: job.metadata.name! };
    await world.client.patch(jobs, target, { type: "merge", patch: { status } }, { subresource: "status" });
    await world.settle();
  }

  it("starts a Job at each of its times, and says so", async () => {
    await start();
    await world.settle(59_000);
    expect(times()).toEqual([]);
    await world.settle(2 * minute);
    expect(times()).toEqual(["00:01", "00:02"]);
    const [job] = world.client.all(jobs);
    expect(job?.metadata.name).toBe(`cj-${Date.UTC(2026, 0, 1, 0, 1) / minute}`);
    expect(job?.metadata.labels).toEqual({ cron: "yes" });
    expect(controllerOf(job!)?.uid).toBe(cronJob().metadata.uid);
    expect(cronJob().status?.lastScheduleTime).toBe("2026-01-01T00:02:00Z");
    expect(cronJob().status?.active?.map(({ name }) => name)).toEqual(world.names(jobs));
    expect(world.clock.pending).toBe(1);
  });

  it("keeps as much of its history as it should", async () => {
    await start({ successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 1 });
    for (const type of ["Complete", "Failed", "Complete", "Failed", "Complete"] as const) {
      await world.settle(minute);
      await finish(world.client.all(jobs).at(-1)!, type);
    }
    expect(times()).toEqual(["00:03", "00:04", "00:05"]);
    expect(cronJob().status).toEqual({
      lastScheduleTime: "2026-01-01T00:05:00Z",
      lastSuccessfulTime: "2026-01-01T00:05:00Z",
    });
  });

  it("waits for the Job before with Forbid, and then makes up for the last time missed", async () => {
    await start({ concurrencyPolicy: "Forbid" });
    await world.settle(3 * minute);
    expect(times()).toEqual(["00:01"]);
    expect(world.client.all(events).map(({ reason }) => reason)).toContain("JobAlreadyActive");
    await finish(world.client.all(jobs)[0]!, "Complete");
    expect(times()).toEqual(["00:01", "00:03"]);
  });

  it("replaces the Job before with Replace", async () => {
    await start({ concurrencyPolicy: "Replace" });
    await world.settle(3 * minute);
    expect(times()).toEqual(["00:03"]);
    expect(cronJob().status?.active).toHaveLength(1);
  });

  it("starts nothing while suspended, and nothing that is too late", async () => {
    await start({ suspend: true, startingDeadlineSeconds: 10 });
    await world.settle(2.5 * minute);
    const patch = { spec: { suspend: false } };
    await world.client.patch(cronjobs, { namespace: "default", name: "cj" }, { type: "merge", patch });
    await world.settle();
    expect(times()).toEqual([]);
    await world.settle(minute);
    expect(times()).toEqual(["00:03"]);
  });

  it("makes up for one time only after it was away", async () => {
    await create();
    await world.settle(200.5 * minute);
    await world.start(cronJobController);
    expect(times()).toEqual(["03:20"]);
    expect(world.client.all(events).map(({ reason }) => reason)).toContain("TooManyMissedTimes");
  });

  it("starts no second Job for a time whose status was not written", async () => {
    await start();
    let failed = false;
    world.client.intercept = ({ verb, resource }) => {
      if (verb !== "update" || resource !== "cronjobs" || failed) return;
      failed = true;
      throw new Error("the connection was lost");
    };
    await world.settle(minute);
    await world.settle(30_000);
    expect(failed).toBe(true);
    expect(times()).toEqual(["00:01"]);
    expect(cronJob().status?.active).toHaveLength(1);
  });

  it("warns of a schedule that it cannot read", async () => {
    await start({ schedule: "often" });
    await world.settle();
    expect(world.client.all(events)[0]).toMatchObject({ reason: "UnparseableSchedule", type: "Warning" });
    expect(world.clock.pending).toBe(0);
  });
});

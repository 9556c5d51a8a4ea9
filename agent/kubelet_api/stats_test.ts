import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import type { ContainerStats } from "../runtime/contract.ts";
import { UseSampler } from "./stats.ts";
import { resourceMetrics, statsSummary } from "./stats_faces.ts";

const LABELS = {
  "io.kubernetes.pod.name": "web",
  "io.kubernetes.pod.namespace": "default",
  "io.kubernetes.pod.uid": "u",
  "io.kubernetes.container.name": "main",
};

function stats(clock: ManualClock, cpuNanoseconds: number): ContainerStats {
  return { containerId: "c", labels: LABELS, at: clock.now(), cpuNanoseconds, memoryBytes: 4096, rootfsBytes: 0 };
}

describe("UseSampler", () => {
  it("gives a rate once two samples are far enough apart, and after a restart none that is negative", async () => {
    const clock = new ManualClock();
    let now = stats(clock, 0);
    const sampler = new UseSampler({ stats: () => Promise.resolve([now]) }, clock);
    const rate = async () => (await sampler.sample()).containers[0]!.nanoCores;
    expect(await rate()).toBe(0);
    await clock.advance(2_000);
    now = stats(clock, 1_000_000_000);
    expect(await rate()).toBe(500_000_000);
    await clock.advance(10);
    now = stats(clock, 1_100_000_000);
    expect(await rate()).toBe(500_000_000);
    await clock.advance(2_000);
    now = stats(clock, 1_000);
    expect(await rate()).toBe(500_000_000);
    await clock.advance(1_000);
    now = stats(clock, 100_001_000);
    expect(await rate()).toBe(100_000_000);
  });

  it("is shown as a summary and as metrics", async () => {
    const clock = new ManualClock();
    const sampler = new UseSampler({ stats: () => Promise.resolve([stats(clock, 2_500_000_000)]) }, clock);
    const use = await sampler.sample();
    expect(statsSummary("node-1", use)).toMatchObject({
      node: { nodeName: "node-1" },
      pods: [{
        podRef: { name: "web", namespace: "default", uid: "u" },
        containers: [{ name: "main", memory: { workingSetBytes: 4096 } }],
        memory: { workingSetBytes: 4096 },
      }],
    });
    const lines = resourceMetrics(use).split("\n");
    const labels = '{container="main",namespace="default",pod="web"}';
    expect(lines).toContain(`container_cpu_usage_seconds_total${labels} 2.5 ${clock.now()}`);
    expect(lines).toContain(`pod_memory_working_set_bytes{namespace="default",pod="web"} 4096 ${clock.now()}`);
  });
});

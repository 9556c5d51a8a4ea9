import { describe, expect, it } from "vitest";
import { limitranges, persistentvolumeclaims, pods } from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type {
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  ResourceRequirements,
} from "../../../api/types/core_v1.ts";
import { minimalPod, TestRegistry } from "../registry/_testing.ts";

function rangeOf(...limits: LimitRangeItem[]): LimitRange {
  return { metadata: { name: "range", namespace: "default" }, spec: { limits } };
}

function podWith(name: string, ...resources: ResourceRequirements[]) {
  return minimalPod(name, {
    containers: resources.map((each, i) => ({ name: `c${i}`, image: "busybox", resources: each })),
  });
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => "accepted", (error: StatusError) => error.message);
}

describe("LimitRanger", () => {
  it("gives containers what a LimitRange suggests, and notes it", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(
      limitranges,
      rangeOf({
        type: "Container",
        default: { cpu: "500m", memory: "64Mi" },
        defaultRequest: { cpu: "100m", memory: "32Mi" },
      }),
    );
    const pod = await test.client.create(
      pods,
      minimalPod("a", {
        containers: [
          { name: "plain", image: "busybox" },
          { name: "own", image: "busybox", resources: { limits: { cpu: "1" }, requests: { cpu: "1" } } },
        ],
        initContainers: [{ name: "first", image: "busybox" }],
      }),
    );
    const suggested = { limits: { cpu: "500m", memory: "64Mi" }, requests: { cpu: "100m", memory: "32Mi" } };
    expect(pod.spec.containers[0]!.resources).toEqual(suggested);
    expect(pod.spec.initContainers![0]!.resources).toEqual(suggested);
    expect(pod.spec.containers[1]!.resources).toEqual({
      limits: { cpu: "1", memory: "64Mi" },
      requests: { cpu: "1", memory: "32Mi" },
    });
    expect(pod.metadata.annotations?.["kubernetes.io/limit-ranger"]).toBe(
      "LimitRanger plugin set: cpu, memory request for container plain; cpu, memory limit for container plain; " +
        "memory request for container own; memory limit for container own; " +
        "cpu, memory request for init container first; cpu, memory limit for init container first",
    );
  });

  const requests = (cpu: string): ResourceRequirements => ({ requests: { cpu } });
  const both = (request: string, limit: string) => ({ requests: { cpu: request }, limits: { cpu: limit } });
  const cases: readonly [string, LimitRangeItem, ResourceRequirements[], string][] = [
    [
      "no request",
      { type: "Pod", min: { cpu: "1" } },
      [{}],
      "minimum cpu usage per Pod is 1.  No request is specified",
    ],
    ["small request", { type: "Pod", min: { cpu: "1" } }, [requests("100m")], "but request is 100m"],
    ["enough together", { type: "Pod", min: { cpu: "1" } }, [requests("500m"), requests("500m")], "accepted"],
    [
      "two bounds",
      { type: "Pod", min: { cpu: "1", memory: "1Gi" } },
      [requests("500m")],
      "[minimum cpu usage per Pod is 1, but request is 500m, minimum memory usage per Pod is 1Gi.  No request is specified]",
    ],
    ["no limit", { type: "Pod", max: { cpu: "1" } }, [{}], "maximum cpu usage per Pod is 1.  No limit is specified"],
    ["large limit", { type: "Container", max: { cpu: "1" } }, [both("1", "1500m")], "but limit is 1500m"],
    [
      "two large limits",
      { type: "Pod", max: { cpu: "1" } },
      [both("600m", "600m"), both("600m", "600m")],
      "but limit is 1200m",
    ],
    [
      "ratio too high",
      { type: "Container", maxLimitRequestRatio: { cpu: "1500m" } },
      [both("1", "2")],
      "cpu max limit to request ratio per Container is 1500m, but provided ratio is 2.000000",
    ],
    ["ratio just met", { type: "Container", maxLimitRequestRatio: { cpu: "2" } }, [both("500m", "1")], "accepted"],
    [
      "no ratio at all",
      { type: "Container", maxLimitRequestRatio: { cpu: "2" } },
      [{}],
      "but no request is specified or request is 0",
    ],
    [
      "ratio without a limit",
      { type: "Container", maxLimitRequestRatio: { cpu: "2" } },
      [requests("1")],
      "but no limit is specified or limit is 0",
    ],
  ];
  for (const [what, item, resources, expected] of cases) {
    it(`judges a Pod: ${what}`, async () => {
      await using test = await TestRegistry.open();
      await test.client.create(limitranges, rangeOf(item));
      const answer = await refusal(test.client.create(pods, podWith("a", ...resources)));
      expect(answer).toContain(expected);
      if (expected !== "accepted") expect(answer).toContain('pods "a" is forbidden: ');
    });
  }

  it("holds claims to their bounds, when made and when grown", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(
      limitranges,
      rangeOf({ type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "2Gi" } }),
    );
    const claim = (name: string, storage: string): PersistentVolumeClaim => ({
      metadata: { name, namespace: "default" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
    });
    const create = (name: string, storage: string) => test.client.create(persistentvolumeclaims, claim(name, storage));
    expect(await refusal(create("a", "512Mi"))).toBe(
      'persistentvolumeclaims "a" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi',
    );
    expect(await refusal(create("a", "3Gi"))).toContain("maximum storage usage per PersistentVolumeClaim is 2Gi");
    expect(await refusal(create("a", "2Gi"))).toBe("accepted");
  });

  it("leaves other namespaces and updates of Pods alone", async () => {
    await using test = await TestRegistry.open();
    await test.addNamespace("other");
    const pod = await test.client.create(pods, minimalPod("a"));
    await test.client.create(limitranges, rangeOf({ type: "Container", min: { cpu: "1" }, max: { cpu: "2" } }));
    const labelled = { ...pod, metadata: { ...pod.metadata, labels: { a: "b" } } };
    expect(await refusal(test.client.update(pods, labelled))).toBe("accepted");
    const elsewhere = { ...minimalPod("a"), metadata: { name: "a", namespace: "other" } };
    expect(await refusal(test.client.create(pods, elsewhere))).toBe("accepted");
  });

  it("judges and completes what a running Pod is resized to", async () => {
    await using test = await TestRegistry.open();
    // The second one keeps the Pod's QoS class as it is, which no resize may change.
    const burstable = { requests: { cpu: "1" }, limits: { cpu: "2" } };
    await test.client.create(pods, podWith("a", { requests: { cpu: "1" }, limits: { cpu: "1" } }, burstable));
    const item = {
      type: "Container",
      max: { cpu: "2" },
      default: { memory: "1Gi" },
      defaultRequest: { memory: "1Gi" },
    };
    await test.client.create(limitranges, rangeOf(item));
    const resize = (cpu: string) => {
      const patch = { spec: { containers: [{ name: "c0", resources: { requests: { cpu }, limits: { cpu } } }] } };
      return test.client.patch(pods, { namespace: "default", name: "a" }, { type: "strategic", patch }, {
        subresource: "resize",
      });
    };
    expect(await refusal(resize("3"))).toContain("maximum cpu usage per Container is 2, but limit is 3");
    const { spec } = await resize("2");
    expect(spec.containers[0]!.resources?.limits).toEqual({ cpu: "2", memory: "1Gi" });
  });
});

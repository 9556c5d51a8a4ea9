import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limitranges, nodes, pods, priorityclasses } from "../../api/resources.ts";
import { isForbidden, isInvalid } from "../../api/status.ts";
import type { LimitRangeItem, Pod, ResourceRequirements } from "../../api/types/core_v1.ts";
import { retry } from "../e2e/retry.ts";
import { TestApi } from "./api.ts";
import { liveThrough } from "./lifecycle.ts";

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ hollowNodes: 1 });
});
afterAll(() => api[Symbol.asyncDispose]());

function createPod(namespace: string, name: string, spec: Partial<Pod["spec"]> = {}): Promise<Pod> {
  return api.client.create(pods, {
    metadata: { namespace, name },
    spec: { containers: [{ name: "c", image: "i" }], terminationGracePeriodSeconds: 1, ...spec },
  });
}

async function expectRunning(namespace: string, name: string): Promise<void> {
  await retry(`${name} to run`, async () => {
    expect((await api.client.get(pods, { namespace, name })).status?.phase).toBe("Running");
  });
}

async function expectUnschedulable(namespace: string, name: string, why: string): Promise<void> {
  await retry(`${name} to be refused by the node`, async () => {
    const { status } = await api.client.get(pods, { namespace, name });
    const condition = status?.conditions?.find(({ type }) => type === "PodScheduled");
    expect(condition).toMatchObject({ status: "False", reason: "Unschedulable" });
    expect(condition?.message).toContain(why);
  });
}

describe("scheduling/limit_range.go", () => {
  const item: LimitRangeItem = {
    type: "Container",
    min: { cpu: "50m", memory: "100Mi" },
    max: { cpu: "500m", memory: "500Mi" },
    default: { cpu: "500m", memory: "500Mi" },
    defaultRequest: { cpu: "100m", memory: "200Mi" },
  };

  it("LimitRanges can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(api, {
      resource: limitranges,
      object: { spec: { limits: [item] } },
      change: { spec: { limits: [{ ...item, min: { cpu: "40m" } }] } },
    }));

  it("their defaults are given to Pods, and their limits hold until they change or go", async () => {
    const namespace = await api.namespace();
    const range = { namespace, name: "range" };
    await api.client.create(limitranges, { metadata: range, spec: { limits: [item] } });
    let made = 0;
    const create = async (resources: ResourceRequirements) =>
      (await createPod(namespace, `pod-${made++}`, { containers: [{ name: "c", image: "i", resources }] })).spec
        .containers[0]?.resources;
    const refused = async (resources: ResourceRequirements) => {
      const error = await create(resources).catch((error) => error);
      // What is more than the limit that it was given by default is refused for that already.
      expect(isForbidden(error) || isInvalid(error)).toBe(true);
    };

    expect(await create({})).toEqual({ requests: item.defaultRequest, limits: item.default });
    // A request that is not given follows the limit that is, not the default.
    expect(await create({ requests: { memory: "150Mi" }, limits: { cpu: "300m" } })).toEqual({
      requests: { cpu: "300m", memory: "150Mi" },
      limits: { cpu: "300m", memory: "500Mi" },
    });
    await refused({ requests: { cpu: "10m", memory: "50Mi" } });
    await refused({ requests: { cpu: "600m", memory: "600Mi" } });
    const limits = [{ ...item, min: { cpu: "9m", memory: "49Mi" } }];
    await api.client.patch(limitranges, range, { type: "merge", patch: { spec: { limits } } });
    await create({ requests: { cpu: "10m", memory: "50Mi" } });
    await refused({ requests: { cpu: "600m", memory: "600Mi" } });
    await api.client.delete(limitranges, range);
    await create({ requests: { cpu: "600m", memory: "600Mi" } });
  });
});

describe("scheduling/predicates.go", () => {
  it("a node that a Pod's nodeSelector does not match is not taken, and is when it does", async () => {
    const namespace = await api.namespace();
    await createPod(namespace, "choosy", { nodeSelector: { "conformance.test/disk": "ssd" } });
    await expectUnschedulable(namespace, "choosy", "1 node(s) didn't match Pod's node affinity/selector");
    const patch = (disk: string | null) => ({
      type: "merge" as const,
      patch: { metadata: { labels: { "conformance.test/disk": disk } } },
    });
    await api.client.patch(nodes, { name: "hollow-0" }, patch("ssd"));
    await expectRunning(namespace, "choosy");
    await api.client.patch(nodes, { name: "hollow-0" }, patch(null));
  });

  it("a node takes no more than it has", async () => {
    const namespace = await api.namespace();
    const sized = (requests: Record<string, string>) => ({
      containers: [{ name: "c", image: "i", resources: { requests, limits: requests } }],
    });
    await withFoo(async () => {
      await createPod(namespace, "fits", sized({ "example.com/foo": "4" }));
      await expectRunning(namespace, "fits");
      await createPod(namespace, "excess", sized({ "example.com/foo": "2" }));
      await expectUnschedulable(namespace, "excess", "1 Insufficient example.com/foo");
    });
  });

  it("a host port is taken once on an address, and on every address by one who asks for all", async () => {
    const namespace = await api.namespace();
    const port = (hostIP?: string, protocol = "TCP") => ({
      containers: [{
        name: "c",
        image: "i",
        ports: [{ containerPort: 8080, hostPort: 54322, protocol, ...(hostIP && { hostIP }) }],
      }],
    });
    await createPod(namespace, "all", port());
    await expectRunning(namespace, "all");
    await createPod(namespace, "one", port("198.18.0.0"));
    await expectUnschedulable(namespace, "one", "didn't have free ports for the requested pod ports");
    await createPod(namespace, "udp", port("198.18.0.0", "UDP"));
    await expectRunning(namespace, "udp");
  });
});

describe("scheduling/preemption.go", () => {
  it("PriorityClasses can be created, changed and deleted", () =>
    liveThrough(api, {
      resource: priorityclasses,
      object: { value: 7 },
      change: { description: "updated" },
    }));

  it("the value of a PriorityClass cannot be changed", async () => {
    const created = await api.client.create(priorityclasses, { metadata: { name: "p1" }, value: 1 });
    const patch = { type: "strategic" as const, patch: { value: 10 } };
    expect(isInvalid(await api.client.patch(priorityclasses, { name: "p1" }, patch).catch((e) => e))).toBe(true);
    const updated = api.client.update(priorityclasses, { ...created, value: 10 });
    expect(isInvalid(await updated.catch((error) => error))).toBe(true);
    await api.client.delete(priorityclasses, { name: "p1" });
  });

  for (const preemptor of ["conformance-high", "system-cluster-critical"]) {
    it(`a Pod of lower priority goes for one of ${preemptor}, and its status says why`, async () => {
      const namespace = await api.namespace();
      const classes = { "conformance-low": 1, "conformance-middle": 100, "conformance-high": 1000 };
      for (const [name, value] of Object.entries(classes)) {
        await api.client.create(priorityclasses, { metadata: { name }, value });
      }
      const foo = { "example.com/foo": "2" };
      const spec = (priorityClassName: string) => ({
        priorityClassName,
        containers: [{ name: "c", image: "i", resources: { requests: foo, limits: foo } }],
      });
      await withFoo(async () => {
        await createPod(namespace, "low", spec("conformance-low"));
        await createPod(namespace, "middle", spec("conformance-middle"));
        await expectRunning(namespace, "low");
        await expectRunning(namespace, "middle");
        const stop = new AbortController();
        const condition = conditionOf(namespace, "low", stop.signal);
        const place = preemptor.startsWith("system-") ? "kube-system" : namespace;
        await createPod(place, "high", spec(preemptor));
        await expectRunning(place, "high");
        expect(await condition).toMatchObject({ status: "True", reason: "PreemptionByScheduler" });
        stop.abort();
        expect((await api.client.get(pods, { namespace, name: "middle" })).metadata.deletionTimestamp)
          .toBeUndefined();
        for (const pod of [{ namespace: place, name: "high" }, { namespace, name: "middle" }]) {
          await api.client.delete(pods, pod, { gracePeriodSeconds: 0 });
        }
      });
      for (const name of Object.keys(classes)) await api.client.delete(priorityclasses, { name });
    });
  }
});

/** The condition DisruptionTarget of a Pod, as soon as it has one. */
async function conditionOf(namespace: string, name: string, signal: AbortSignal) {
  const options = { namespace, fieldSelector: `metadata.name=${name}`, signal };
  for await (const event of api.client.watch(pods, options)) {
    if (event.type === "BOOKMARK") continue;
    const condition = event.object.status?.conditions?.find(({ type }) => type === "DisruptionTarget");
    if (condition) return condition;
    if (event.type === "DELETED") return undefined;
  }
  return undefined;
}

/** While five of an extended resource are to be had on the node. */
async function withFoo(body: () => Promise<void>): Promise<void> {
  const change = (amount: string | null) =>
    api.client.patch(nodes, { name: "hollow-0" }, {
      type: "merge",
      patch: { status: { capacity: { "example.com/foo": amount }, allocatable: { "example.com/foo": amount } } },
    }, { subresource: "status" });
  await change("5");
  try {
    await body();
  } finally {
    await change(null);
  }
}

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatMicroTime } from "../../../api/meta/time.ts";
import { events, leases, nodes, pods } from "../../../api/resources.ts";
import type { Pod, Toleration } from "../../../api/types/core_v1.ts";
import { World } from "../testing/world.ts";
import { nodeLifecycleController } from "./node_lifecycle.ts";
import { podGarbageController } from "./pod_garbage.ts";
import { taintEvictionController } from "./taint_eviction.ts";
import { leavesAt } from "./toleration.ts";

describe("nodes", () => {
  let world: World;

  beforeEach(async () => {
    world = new World();
    for (const name of ["n1", "n2"]) {
      await world.node(name);
      await world.client.create(leases, { metadata: { name, namespace: "kube-node-lease" }, spec: {} });
    }
  });

  afterEach(() => world.stop());

  const renew = (name: string) =>
    world.client.patch(leases, { namespace: "kube-node-lease", name }, {
      type: "merge",
      patch: { spec: { renewTime: formatMicroTime(world.clock.now()) } },
    });
  async function pass(seconds: number, ...renewing: string[]) {
    for (let passed = 0; passed < seconds; passed += 10) {
      for (const name of renewing) await renew(name);
      await world.settle(10_000);
    }
  }
  const node = (name: string) => world.client.all(nodes).find(({ metadata }) => metadata.name === name)!;
  const taints = (name: string) =>
    (node(name).spec.taints ?? []).map(({ key, effect }) => `${key.split("/")[1]}:${effect}`);
  const ready = (name: string) => node(name).status?.conditions?.find(({ type }) => type === "Ready")?.status;
  const report = (name: string, status: string) =>
    world.client.patch(nodes, { name }, {
      type: "merge",
      patch: {
        status: { conditions: [{ type: "Ready", status, lastHeartbeatTime: formatMicroTime(world.clock.now()) }] },
      },
    }, { subresource: "status" });
  async function makePod(name: string, nodeName: string, tolerations: Toleration[] = []): Promise<Pod> {
    const pod = await world.create(pods, { metadata: { name }, spec: { containers: [], nodeName, tolerations } });
    return await world.run(pod, { node: nodeName });
  }
  const tolerateFor = (tolerationSeconds: number): Toleration[] =>
    ["not-ready", "unreachable"].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds,
    }));

  it("leaves nodes alone that renew their Lease", async () => {
    await world.start(nodeLifecycleController);
    const before = world.client.writes().length;
    await pass(300, "n1", "n2");
    expect(world.client.writes().slice(before).every((write) => write.includes("leases"))).toBe(true);
  });

  it("marks a silent node and its Pods, evicts them in time, and takes it back when it returns", async () => {
    await makePod("brief", "n2", tolerateFor(60));
    await makePod("faithful", "n2", [{ operator: "Exists" }]);
    await makePod("elsewhere", "n1");
    await world.start(nodeLifecycleController, taintEvictionController);
    await pass(40, "n1");
    expect([ready("n1"), ready("n2")]).toEqual(["True", "Unknown"]);
    expect(taints("n2")).toEqual(["unreachable:NoSchedule", "unreachable:NoExecute"]);
    expect(taints("n1")).toEqual([]);
    const isReady = (name: string) =>
      world.client.all(pods).find(({ metadata }) => metadata.name === name)?.status?.conditions?.[0]?.status;
    expect([isReady("brief"), isReady("elsewhere")]).toEqual(["False", "True"]);
    await pass(50, "n1");
    expect(world.names(pods)).toEqual(["brief", "elsewhere", "faithful"]);
    await pass(10, "n1");
    expect(world.names(pods)).toEqual(["elsewhere", "faithful"]);
    expect(world.client.all(events).map(({ reason }) => reason)).toContain("TaintManagerEviction");
    await report("n2", "True");
    await world.settle();
    expect(taints("n2")).toEqual([]);
  });

  it("taints a node whose agent says that it is not ready", async () => {
    await world.start(nodeLifecycleController);
    await report("n1", "False");
    await world.settle();
    expect(taints("n1")).toEqual(["not-ready:NoSchedule", "not-ready:NoExecute"]);
    await report("n1", "True");
    await world.settle();
    expect(taints("n1")).toEqual([]);
  });

  it("keeps new Pods off a cordoned node and one under pressure, and leaves other taints", async () => {
    await world.start(nodeLifecycleController);
    await world.client.patch(nodes, { name: "n1" }, {
      type: "merge",
      patch: { spec: { unschedulable: true, taints: [{ key: "mine", effect: "NoSchedule" }] } },
    });
    await world.client.patch(nodes, { name: "n1" }, {
      type: "merge",
      patch: { status: { conditions: [{ type: "Ready", status: "True" }, { type: "DiskPressure", status: "True" }] } },
    }, { subresource: "status" });
    await world.settle();
    expect(node("n1").spec.taints?.map(({ key }) => key)).toEqual([
      "mine",
      "node.kubernetes.io/disk-pressure",
      "node.kubernetes.io/unschedulable",
    ]);
  });

  it("evicts nobody while no node is ready, and does when one returns", async () => {
    await makePod("brief", "n2", tolerateFor(60));
    await world.start(nodeLifecycleController, taintEvictionController);
    await pass(600);
    expect([ready("n1"), ready("n2")]).toEqual(["Unknown", "Unknown"]);
    expect(taints("n2")).toEqual(["unreachable:NoSchedule"]);
    expect(world.names(pods)).toEqual(["brief"]);
    await report("n1", "True");
    await pass(20, "n1");
    expect(taints("n2")).toEqual(["unreachable:NoSchedule", "unreachable:NoExecute"]);
    await pass(60, "n1");
    expect(world.names(pods)).toEqual([]);
  });

  it("removes the Pods of a node that is gone for good", async () => {
    await makePod("p", "n2");
    await makePod("q", "n1");
    await world.start(podGarbageController);
    await world.client.delete(nodes, { name: "n2" });
    await world.settle(39_000);
    expect(world.names(pods)).toEqual(["p", "q"]);
    await world.settle(1_000);
    expect(world.names(pods)).toEqual(["q"]);
  });

  it("removes Pods that are deleted before they had a node, and the oldest terminated ones", async () => {
    await world.start((context) => podGarbageController(context, 2));
    await world.create(pods, {
      metadata: { name: "unbound", finalizers: ["example.com/hold"] },
      spec: { containers: [] },
    });
    await world.client.delete(pods, { namespace: "default", name: "unbound" });
    await world.settle();
    expect(world.client.writes().filter((write) => write === "delete pods default/unbound")).toHaveLength(2);
    for (const name of ["a", "b", "c", "d"]) {
      await world.report(await makePod(name, "n1"), { phase: "Succeeded" });
      await world.settle(1000);
    }
    expect(world.names(pods)).toEqual(["c", "d", "unbound"]);
  });

  const departures: [string, Toleration[], number | undefined][] = [
    ["without a toleration at once", [], 0],
    ["with one for ever never", [{ key: "k", operator: "Exists" }], undefined],
    ["with one of the same value never", [{ key: "k", value: "v" }], undefined],
    ["with one of another value at once", [{ key: "k", value: "w" }], 0],
    ["with one of another effect at once", [{ key: "k", operator: "Exists", effect: "NoSchedule" }], 0],
    ["with several at the earliest", [{ operator: "Exists", tolerationSeconds: 9 }, {
      key: "k",
      value: "v",
      tolerationSeconds: 5,
    }], 5000],
    ["with a negative time at once", [{ operator: "Exists", tolerationSeconds: -1 }], 0],
  ];
  for (const [title, tolerations, at] of departures) {
    it(`lets a Pod leave ${title}`, () => {
      const taint = { key: "k", value: "v", effect: "NoExecute" };
      expect(leavesAt({ metadata: {}, spec: { containers: [], tolerations } }, [taint], 0)).toBe(at);
    });
  }
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatMicroTime, formatTime } from "../../../api/meta/time.ts";
import { leases, nodes, pods } from "../../../api/resources.ts";
import type { Node, Pod, Toleration } from "../../../api/types/core_v1.ts";
import { World } from "../testing/world.ts";
import { nodeLifecycle } from "./node_lifecycle.ts";
import { taintEviction } from "./taint_eviction.ts";

describe("nodeLifecycle", () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.stop());

  const node = (name: string) => world.client.all(nodes).find(({ metadata }) => metadata.name === name)!;
  const taints = (name: string) => (node(name).spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
  const unreachable = ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"];

  /** Its agent's renewal of the Lease. */
  async function renew(...names: string[]): Promise<void> {
    for (const name of names) {
      const spec = { holderIdentity: name, renewTime: formatMicroTime(world.clock.now()) };
      const target = { namespace: "kube-node-lease", name };
      if (world.names(leases).includes(name)) {
        await world.client.patch(leases, target, { type: "merge", patch: { spec } });
      } else await world.client.create(leases, { metadata: target, spec });
    }
  }

  async function pass(seconds: number, ...alive: string[]): Promise<void> {
    for (let second = 0; second < seconds; second += 10) {
      await renew(...alive);
      await world.settle(10_000);
    }
  }

  function report(name: string, conditions: NonNullable<Node["status"]>["conditions"]): Promise<Node> {
    const lastHeartbeatTime = formatTime(world.clock.now());
    const patch = { status: { conditions: conditions?.map((one) => ({ ...one, lastHeartbeatTime })) } };
    return world.client.patch(nodes, { name }, { type: "strategic", patch }, { subresource: "status" });
  }

  function pod(name: string, nodeName: string, tolerations: Toleration[] = []): Promise<Pod> {
    const spec = { nodeName, tolerations, containers: [{ name: "c", image: "i" }] };
    return world.create(pods, { metadata: { name }, spec });
  }

  it("declares a silent node unknown, taints it and takes its Pods out of service", async () => {
    await world.node("n1");
    await world.node("n2");
    await world.run(await pod("p", "n1"), { node: "n1" });
    await renew("n1", "n2");
    await world.start(nodeLifecycle);
    await pass(30, "n1", "n2");
    await pass(20, "n2");
    expect(taints("n1")).toEqual([]);
    await pass(20, "n2");
    const conditions = node("n1").status?.conditions ?? [];
    expect(conditions.find(({ type }) => type === "Ready")).toMatchObject({
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
    });
    expect(conditions.map(({ type, status }) => `${type}=${status}`).sort()).toEqual([
      "DiskPressure=Unknown",
      "MemoryPressure=Unknown",
      "PIDPressure=Unknown",
      "Ready=Unknown",
    ]);
    expect(taints("n1")).toEqual(unreachable);
    expect(taints("n2")).toEqual([]);
    expect(world.client.all(pods)[0]?.status?.conditions?.[0]).toMatchObject({ type: "Ready", status: "False" });
    await report("n1", [{ type: "Ready", status: "True" }]);
    await pass(60, "n1", "n2");
    expect(taints("n1")).toEqual([]);
  });

  it("gives nodes their time after its own start, however old their Leases are", async () => {
    await world.node("n1");
    await world.node("n2");
    await renew("n1");
    await world.settle(3_600_000);
    await world.start(nodeLifecycle);
    await pass(30, "n2");
    expect(taints("n1")).toEqual([]);
    await pass(20, "n2");
    expect(taints("n1")).toEqual(unreachable);
  });

  it("blames no node when the clock was set or the machine slept", async () => {
    await world.node("n1");
    await world.node("n2");
    let jump = 0;
    const { clock } = world;
    const jumping = { now: () => clock.now() + jump, after: clock.after.bind(clock) };
    await world.start((context) => nodeLifecycle({ ...context, clock: jumping }));
    for (const distance of [3_600_000, -7_200_000]) {
      await pass(20, "n1", "n2");
      jump += distance;
      await world.settle(25_000);
      expect([...taints("n1"), ...taints("n2")]).toEqual([]);
    }
    await pass(90, "n2");
    expect(taints("n1")).toEqual(unreachable);
  });

  it("sets one timer a node, and writes nothing while all is well", async () => {
    await world.node("n1");
    await world.start(nodeLifecycle);
    const writes = world.client.writes().length;
    await pass(300, "n1");
    expect(world.client.writes().slice(writes).filter((write) => !write.includes("leases"))).toEqual([]);
    expect(world.clock.pending).toBe(1);
  });

  it("taints as conditions and cordoning ask, and leaves other taints alone", async () => {
    await world.node("n1");
    const foreign = { key: "example.com/gpu", value: "yes", effect: "NoSchedule" };
    await world.client.patch(nodes, { name: "n1" }, {
      type: "merge",
      patch: { spec: { unschedulable: true, taints: [foreign] } },
    });
    await world.start(nodeLifecycle);
    await report("n1", [{ type: "MemoryPressure", status: "True" }, { type: "DiskPressure", status: "True" }]);
    await world.settle();
    expect(taints("n1")).toEqual([
      "example.com/gpu:NoSchedule",
      "node.kubernetes.io/unschedulable:NoSchedule",
      "node.kubernetes.io/memory-pressure:NoSchedule",
      "node.kubernetes.io/disk-pressure:NoSchedule",
    ]);
    await report("n1", [{ type: "MemoryPressure", status: "False" }, { type: "DiskPressure", status: "False" }]);
    await world.client.patch(nodes, { name: "n1" }, { type: "merge", patch: { spec: { unschedulable: null } } });
    await world.settle();
    expect(taints("n1")).toEqual(["example.com/gpu:NoSchedule"]);
  });

  it("drives no Pod from the last node there is", async () => {
    await world.node("n1");
    await pod("p", "n1");
    await world.start(nodeLifecycle, taintEviction);
    await world.settle(50_000);
    expect(taints("n1")).toEqual(["node.kubernetes.io/unreachable:NoSchedule"]);
    await world.settle(600_000);
    expect(world.names(pods)).toEqual(["p"]);
  });

  it("evicts from a lost node when the tolerations run out, and not when it comes back in time", async () => {
    const seconds = (tolerationSeconds: number): Toleration[] => [
      { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds },
    ];
    for (const name of ["n1", "n2"]) await world.node(name);
    await pod("hasty", "n1");
    await pod("patient", "n1", seconds(60));
    await pod("stubborn", "n1", [{ operator: "Exists" }]);
    await pod("elsewhere", "n2");
    await world.start(nodeLifecycle, taintEviction);
    await pass(50, "n2");
    expect(world.names(pods)).toEqual(["elsewhere", "patient", "stubborn"]);
    await report("n1", [{ type: "Ready", status: "True" }]);
    await pass(90, "n1", "n2");
    expect(world.names(pods)).toEqual(["elsewhere", "patient", "stubborn"]);
    await pass(120, "n2");
    expect(world.names(pods)).toEqual(["elsewhere", "stubborn"]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodes, pods } from "../../api/resources.ts";
import type { Container, Pod, PodCondition } from "../../api/types/core_v1.ts";
import { RuntimeError } from "../runtime/contract.ts";
import { PodsHarness } from "./testing/harness.ts";

/** The runtime knows containers by their names: each Pod's is called as the Pod is. */
const sized = (name: string, cpu: string, fields: Partial<Container> = {}): Container => ({
  name,
  image: "web:1",
  resources: { requests: { cpu, memory: "16Mi" }, limits: { cpu, memory: "16Mi" } },
  ...fields,
});

describe("resizes of Pods", () => {
  let node: PodsHarness;

  beforeAll(async () => {
    node = await PodsHarness.start();
    const amounts = { cpu: "2", memory: "1Gi", pods: "10" };
    await node.client.create(nodes, {
      metadata: { name: "node1" },
      spec: {},
      status: { capacity: amounts, allocatable: amounts },
    });
    await node.stop();
    await node.open();
  });
  afterAll(() => node.close());

  /** Answers the generation that asks for it. */
  async function resize(name: string, container: Container): Promise<number> {
    const patch = { type: "merge", patch: { spec: { containers: [container] } } } as const;
    return (await node.client.patch(pods, { namespace: "default", name }, patch)).metadata.generation ?? 0;
  }

  async function condition(name: string, type: string): Promise<PodCondition | undefined> {
    return (await node.get(name)).status?.conditions?.find((one) => one.type === type);
  }

  async function allocated(name: string): Promise<string | undefined> {
    return (await node.get(name)).status?.containerStatuses?.[0]?.allocatedResources?.cpu;
  }

  async function remove(name: string): Promise<void> {
    const target = { namespace: "default", name };
    await node.client.delete(pods, target);
    const patch = { type: "merge", patch: { metadata: { finalizers: null } } } as const;
    await node.until(`${name} is gone`, () => !node.manager.directory.pod("default", name));
    await node.client.patch(pods, target, patch);
  }

  const updates = () => node.runtime.calls.filter((call) => call.startsWith("updateContainerResources")).length;

  it("are carried out, one after the other when there is room", async () => {
    await node.create("a", { containers: [sized("a", "500m")] });
    await node.create("b", { containers: [sized("b", "1")] });
    await node.untilPhase("a", "Running");
    await node.untilPhase("b", "Running");
    const before = updates();
    await resize("a", sized("a", "800m"));
    await node.until("it has more", async () => await allocated("a") === "800m");
    await node.until("it is told", () => updates() === before + 1);
    await node.until("it is over", async () => await condition("a", "PodResizeInProgress") === undefined);

    const pending = await resize("a", sized("a", "1500m"));
    await node.until("it waits", async () => await condition("a", "PodResizePending") !== undefined);
    expect(await condition("a", "PodResizePending")).toMatchObject({
      status: "True",
      reason: "Deferred",
      observedGeneration: pending,
      message: "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
    });
    expect(await allocated("a")).toBe("800m");
    expect((await node.get("a")).status?.containerStatuses?.[0]?.resources?.limits?.cpu).toBe("800m");

    await node.stop();
    await node.open();
    await node.until("it waits on", async () => (await condition("a", "PodResizePending"))?.reason === "Deferred");
    expect(await allocated("a")).toBe("800m");

    await remove("b");
    await node.until("its turn has come", async () => await allocated("a") === "1500m");
    await node.until("it waits no more", async () => await condition("a", "PodResizePending") === undefined);
    await remove("a");
  });

  it("tell what went wrong, and go on when it does no more", async () => {
    await node.create("c", { containers: [sized("c", "100m")] });
    await node.untilPhase("c", "Running");
    node.runtime.failures.set("updateContainerResources c", new RuntimeError("failed", "the kernel says no"));
    const failed = await resize("c", sized("c", "200m"));
    await node.until("it failed", async () => (await condition("c", "PodResizeInProgress"))?.reason === "Error");
    expect(await condition("c", "PodResizeInProgress")).toMatchObject({
      status: "True",
      observedGeneration: failed,
      message: "the kernel says no",
    });
    expect((await node.get("c")).status?.containerStatuses?.[0]).toMatchObject({
      allocatedResources: { cpu: "200m" },
      resources: { requests: { cpu: "100m" } },
    });
    node.runtime.failures.clear();
    await node.clock.advance(2_000);
    await node.until("it is over", async () => await condition("c", "PodResizeInProgress") === undefined);
    expect(node.events.some((event) => event.startsWith("Warning ResizeError Pod resize error: {"))).toBe(true);
    await remove("c");
  });

  it("end a container that wants to begin anew, and no other", async () => {
    const resizePolicy = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }];
    const pod: Pod = await node.create("d", { containers: [sized("d", "100m", { resizePolicy })] });
    await node.untilPhase("d", "Running");
    const before = updates();
    await resize("d", sized("d", "200m", { resizePolicy }));
    await node.until("it began anew", async () => {
      const [status] = (await node.get("d")).status?.containerStatuses ?? [];
      return status?.restartCount === 1 && status.state?.running !== undefined;
    });
    expect(updates()).toBe(before);
    expect(pod.metadata.uid).toBe((await node.get("d")).metadata.uid);
    await remove("d");
  });
});

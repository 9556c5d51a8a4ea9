import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { leases, nodes } from "../../api/resources.ts";
import { MemoryClient } from "../../client/testing/memory_client.ts";
import { retry } from "../../tests/e2e/retry.ts";
import { FakeRuntime } from "../pods/testing/fake_runtime.ts";
import { registerNode, type RegisterNodeOptions } from "./register_node.ts";

function setUp() {
  const clock = new ManualClock();
  const client = new MemoryClient(clock);
  const runtime = new FakeRuntime(() => clock.now());
  const stop = new AbortController();
  const options: RegisterNodeOptions = {
    name: "pi",
    ips: ["192.0.2.7"],
    labels: [],
    taints: [],
    podCIDR: "10.42.0.0/24",
    kubeletPort: 10250,
    version: "v1.36.0",
    client,
    runtime,
    clock,
    dataDirectory: Deno.cwd(),
    signal: stop.signal,
  };
  return { clock, client, runtime, stop, options };
}

describe("registerNode", () => {
  it("makes the Node, reports it Ready and holds its Lease", async () => {
    const { clock, client, options, stop } = setUp();
    const agent = await registerNode(options);
    await agent.ready;
    const node = await client.get(nodes, { name: "pi" });
    expect(node.spec?.podCIDR).toBe("10.42.0.0/24");
    const ready = node.status?.conditions?.find(({ type }) => type === "Ready");
    expect(ready).toMatchObject({ status: "True", reason: "KubeletReady" });
    const lease = () => client.get(leases, { namespace: "kube-node-lease", name: "pi" });
    const first = (await lease()).spec!.renewTime;
    const { resourceVersion } = node.metadata;
    await clock.advance(10_000);
    // It looks at the machine before, which takes time of its own.
    await retry("a renewed Lease", async () => expect((await lease()).spec!.renewTime).not.toBe(first));
    // What has not changed is not written again.
    expect((await client.get(nodes, { name: "pi" })).metadata.resourceVersion).toBe(resourceVersion);
    stop.abort(new Error("done"));
    await agent.closed;
    expect(clock.pending).toBe(0);
  });

  it("is not Ready while something is missing, and is as soon as it is not", async () => {
    const { clock, client, options, stop } = setUp();
    let missing: string | undefined = "the Pod network is not set up";
    const agent = await registerNode({ ...options, notReady: () => missing });
    await clock.advance(0);
    const condition = async () =>
      (await client.get(nodes, { name: "pi" })).status?.conditions?.find(({ type }) => type === "Ready");
    for (let i = 0; i < 50 && !await condition(); i++) await clock.advance(0);
    expect(await condition()).toMatchObject({ status: "False", message: "the Pod network is not set up" });
    missing = undefined;
    agent.poke();
    await agent.ready;
    expect(await condition()).toMatchObject({ status: "True" });
    stop.abort(new Error("done"));
    await agent.closed;
  });

  it("leaves a Node Ready that was, while its parts come up again, for a while", async () => {
    const { clock, client, options, stop } = setUp();
    const before = { type: "Ready", status: "True", reason: "KubeletReady" };
    await client.create(nodes, { metadata: { name: "pi" }, spec: {}, status: { conditions: [before] } });
    const agent = await registerNode({ ...options, notReady: () => "the Pod network is not set up" });
    const condition = async () =>
      (await client.get(nodes, { name: "pi" })).status?.conditions?.find(({ type }) => type === "Ready");
    for (let i = 0; i < 20; i++) await clock.advance(900);
    expect(await condition()).toEqual(before);
    for (let i = 0; i < 5; i++) await clock.advance(900);
    expect(await condition()).toMatchObject({ status: "False", message: "the Pod network is not set up" });
    stop.abort(new Error("done"));
    await agent.closed;
  });

  it("comes back within a beat when its Node is deleted, and its Lease with it", async () => {
    const { clock, client, options, stop } = setUp();
    const agent = await registerNode(options);
    await agent.ready;
    const { uid } = (await client.get(nodes, { name: "pi" })).metadata;
    await client.delete(nodes, { name: "pi" });
    await client.delete(leases, { namespace: "kube-node-lease", name: "pi" });
    await clock.advance(10_000);
    await clock.advance(1_000);
    const node = await client.get(nodes, { name: "pi" });
    expect(node.metadata.uid).not.toBe(uid);
    expect(node.status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe("True");
    const lease = await client.get(leases, { namespace: "kube-node-lease", name: "pi" });
    expect(lease.metadata.ownerReferences?.[0]?.uid).toBe(node.metadata.uid);
    stop.abort(new Error("done"));
    await agent.closed;
  });

  it("takes up a Node that is there: labels are set, the user's taints stay", async () => {
    const { client, options, stop } = setUp();
    const taints = [{ key: "mine", effect: "NoSchedule" }];
    await client.create(nodes, { metadata: { name: "pi", labels: { a: "1" } }, spec: { taints } });
    const agent = await registerNode({ ...options, labels: ["b=2"] });
    await agent.ready;
    const node = await client.get(nodes, { name: "pi" });
    expect(node.metadata.labels).toMatchObject({ a: "1", b: "2" });
    expect(node.spec?.taints).toEqual(taints);
    stop.abort(new Error("done"));
    await agent.closed;
  });
});

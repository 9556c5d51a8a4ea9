import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Service } from "../../api/types/core_v1.ts";
import type { EndpointSlice } from "../../api/types/discovery_v1.ts";
import { run } from "./command.ts";
import { Namespace } from "./testing/namespace.ts";
import type { StartInput } from "./testing/node.ts";
import type { AskInput } from "./testing/peer.ts";
import { TestPod } from "./testing/pod.ts";

const id = `t${Deno.pid % 10_000}`;
const instance = `n${Deno.pid % 10_000}`;

function makeService(name: string, clusterIP: string, spec: Partial<Service["spec"]> = {}): Service {
  const ports = [{ name: "tcp", protocol: "TCP", port: 80 }, { name: "udp", protocol: "UDP", port: 80 }];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "default", name },
    spec: { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP], ports, ...spec },
  };
}

function makeSlice(service: string, addresses: readonly string[], port = 8080): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { namespace: "default", name: `${service}-1`, labels: { "kubernetes.io/service-name": service } },
    addressType: "IPv4",
    ports: [{ name: "tcp", protocol: "TCP", port }, { name: "udp", protocol: "UDP", port }],
    endpoints: addresses.map((address) => ({
      addresses: [address],
      nodeName: "node-a",
      conditions: { ready: true, serving: true, terminating: false },
    })),
  };
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("the network of a node", () => {
  let node: Namespace, outside: Namespace, dataDir: string;
  let a: TestPod, b: TestPod;
  let start: StartInput;

  async function ask(
    from: Namespace,
    protocol: "tcp" | "udp",
    address: string,
    port: number,
    more: Partial<AskInput> = {},
  ) {
    return await from.call<string>("ask", { protocol, address, port, ...more });
  }
  async function apply(...objects: readonly unknown[]) {
    for (const object of objects) await node.call("apply", object);
  }
  /** Who answers, of so many tries. */
  async function answerers(from: Namespace, protocol: "tcp" | "udp", address: string, port: number, tries = 30) {
    const names = new Set<string>();
    for (let i = 0; i < tries; i++) names.add((await ask(from, protocol, address, port)).split(" ")[0]!);
    return [...names].sort();
  }
  async function answers(from: Namespace, protocol: "tcp" | "udp", address: string, port: number, wanted: string) {
    await until(
      async () => (await ask(from, protocol, address, port)).startsWith(wanted),
      `${protocol} ${address}:${port} is ${wanted}`,
    );
  }

  beforeAll(async () => {
    dataDir = await Deno.makeTempDir();
    node = await Namespace.create(`${id}n`, "node.ts");
    outside = await Namespace.create(`${id}o`, "peer.ts");
    await run("ip", [
      "link",
      "add",
      `${id}x`,
      "netns",
      node.name,
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      outside.name,
    ]);
    await run("ip", ["-n", node.name, "addr", "add", "192.168.77.1/24", "dev", `${id}x`]);
    await run("ip", ["-n", outside.name, "addr", "add", "192.168.77.2/24", "dev", "eth0"]);
    await run("ip", ["-n", node.name, "link", "set", `${id}x`, "up"]);
    await run("ip", ["-n", outside.name, "link", "set", "eth0", "up"]);
    start = {
      dataDir,
      nodeName: "node-a",
      nodeIP: "192.168.77.1",
      podCidr: "10.242.3.0/24",
      clusterCidr: "10.242.0.0/16",
      serviceCidr: "10.243.0.0/16",
      clusterDns: "10.243.0.10",
      clusterDomain: "cluster.local",
      resolvConf: "/nonexistent",
      instance,
    };
    await node.call("start", start);
    a = await TestPod.create(`${id}a`, node, dataDir);
    b = await TestPod.create(`${id}b`, node, dataDir);
    for (const [pod, name] of [[a, "a"], [b, "b"]] as const) {
      for (const protocol of ["tcp", "udp"]) await pod.namespace.call("listen", { name, protocol, port: 8080 });
    }
    for (const protocol of ["tcp", "udp"]) {
      await outside.call("listen", { name: "outside", protocol, port: 8080 });
      await node.call("listen", { name: "node", protocol, port: 6443 });
    }
  });
  afterAll(async () => {
    await a?.[Symbol.asyncDispose]();
    await b?.[Symbol.asyncDispose]();
    await node?.[Symbol.asyncDispose]();
    await outside?.[Symbol.asyncDispose]();
    await Deno.remove(dataDir, { recursive: true });
  });

  it("lets Pods reach each other, and the outside as the node", async () => {
    expect(await ask(a.namespace, "tcp", b.address, 8080)).toBe(`b ${a.address}`);
    expect(await ask(a.namespace, "udp", "192.168.77.2", 8080)).toBe("outside 192.168.77.1");
    expect(await ask(a.namespace, "tcp", "192.168.77.2", 8080)).toBe("outside 192.168.77.1");
  });

  it("balances a cluster IP over its endpoints, for Pods and for the node, TCP and UDP", async () => {
    await apply(makeSlice("web", [a.address, b.address]), makeService("web", "10.243.0.20"));
    await answers(a.namespace, "tcp", "10.243.0.20", 80, "a");
    for (const from of [a.namespace, node]) {
      for (const protocol of ["tcp", "udp"] as const) {
        expect(await answerers(from, protocol, "10.243.0.20", 80)).toEqual(["a", "b"]);
      }
    }
  });

  it("shows a backend the Pod that calls, and the gateway when it calls itself", async () => {
    await apply(makeSlice("only-a", [a.address]), makeService("only-a", "10.243.0.21"));
    await answers(b.namespace, "tcp", "10.243.0.21", 80, "a");
    for (const protocol of ["tcp", "udp"] as const) {
      expect(await ask(b.namespace, protocol, "10.243.0.21", 80)).toBe(`a ${b.address}`);
      expect(await ask(a.namespace, protocol, "10.243.0.21", 80)).toBe("a 10.242.3.1");
    }
  });

  it("refuses at once where there is no endpoint, no port, no Service", async () => {
    await apply(makeService("empty", "10.243.0.22", { type: "NodePort" }));
    for (const from of [a.namespace, node]) {
      for (const protocol of ["tcp", "udp"] as const) {
        // The kernel sends one ICMP message a second and destination, so UDP may have to ask again.
        await answers(from, protocol, "10.243.0.22", 80, "refused");
        await answers(from, protocol, "10.243.0.20", 81, "refused");
        await answers(from, protocol, "10.243.99.99", 80, "refused");
      }
    }
  });

  it("serves node ports on the node's own addresses, from outside, from Pods and from the node itself", async () => {
    const ports = [{ name: "tcp", protocol: "TCP", port: 80, nodePort: 30_080 }];
    await apply(makeSlice("np", [a.address, b.address]), makeService("np", "10.243.0.23", { type: "NodePort", ports }));
    await answers(outside, "tcp", "192.168.77.1", 30_080, "a");
    for (const from of [outside, node, a.namespace]) {
      expect(await answerers(from, "tcp", "192.168.77.1", 30_080)).toEqual(["a", "b"]);
    }
    expect(await ask(outside, "tcp", "192.168.77.1", 30_080)).toContain(" 10.242.3.1");
    expect(await ask(node, "tcp", "127.0.0.1", 30_080)).toBe("refused");
    await apply(makeSlice("np", []));
    await answers(outside, "tcp", "192.168.77.1", 30_080, "refused");
  });

  it("keeps the client's address with externalTrafficPolicy Local, and drops where the node has no endpoint", async () => {
    const ports = [{ name: "tcp", protocol: "TCP", port: 80, nodePort: 30_081 }];
    const spec = { type: "NodePort", ports, externalTrafficPolicy: "Local" };
    await apply(makeSlice("local", [a.address]), makeService("local", "10.243.0.24", spec));
    await answers(outside, "tcp", "192.168.77.1", 30_081, "a");
    expect(await ask(outside, "tcp", "192.168.77.1", 30_081)).toBe("a 192.168.77.2");
    const elsewhere = makeSlice("local", ["10.242.9.9"]);
    await apply({ ...elsewhere, endpoints: elsewhere.endpoints!.map((e) => ({ ...e, nodeName: "node-b" })) });
    await until(
      async () => await ask(outside, "tcp", "192.168.77.1", 30_081, { milliseconds: 300 }) === "silent",
      "connections are dropped",
    );
  });

  it("serves external and load balancer addresses, to the source ranges that may", async () => {
    const spec = {
      type: "LoadBalancer",
      externalIPs: ["203.0.113.5"],
      loadBalancerSourceRanges: ["192.168.77.0/30", "192.168.0.0/16"],
    };
    const status = { loadBalancer: { ingress: [{ ip: "203.0.113.6" }] } };
    await outside.exec("ip", "route", "add", "203.0.113.0/24", "via", "192.168.77.1");
    await outside.exec("ip", "addr", "add", "172.31.0.1/32", "dev", "lo");
    await node.exec("ip", "route", "add", "172.31.0.1", "via", "192.168.77.2");
    const service = makeService("lb", "10.243.0.25", spec);
    await apply(makeSlice("lb", [b.address]), { ...service, status });
    await answers(outside, "tcp", "203.0.113.5", 80, "b");
    expect(await ask(outside, "tcp", "203.0.113.6", 80)).toBe("b 10.242.3.1");
    await apply({
      ...makeService("lb", "10.243.0.25", { ...spec, loadBalancerSourceRanges: ["172.31.0.0/16"] }),
      status,
    });
    await until(
      async () => await ask(outside, "tcp", "203.0.113.6", 80, { milliseconds: 300 }) === "silent",
      "the source is shut out",
    );
  });

  it("keeps a client at its backend with session affinity, also while backends come and go", async () => {
    const spec = { sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } } };
    await apply(makeSlice("sticky", [a.address, b.address]), makeService("sticky", "10.243.0.26", spec));
    await until(async () => await ask(node, "tcp", "10.243.0.26", 80) !== "refused", "the Service answers");
    const [first] = await answerers(node, "tcp", "10.243.0.26", 80);
    expect(await answerers(node, "tcp", "10.243.0.26", 80)).toEqual([first]);
    const [stays, goes] = first === "a" ? [a, b] : [b, a];
    await apply(makeSlice("sticky", [stays.address]));
    await apply(makeSlice("sticky", [goes.address, stays.address]));
    expect(await answerers(node, "tcp", "10.243.0.26", 80)).toEqual([first]);
    await apply(makeSlice("sticky", [goes.address]));
    await answers(node, "tcp", "10.243.0.26", 80, first === "a" ? "b" : "a");
    await node.call("remove", { kind: "Service", key: "default/sticky" });
    await answers(node, "tcp", "10.243.0.26", 80, "refused");
    expect(await node.exec("nft", "list", "table", "ip", instance)).not.toContain("sticky");
  });

  it("moves a UDP client that keeps its port to a backend that is there", async () => {
    await apply(makeSlice("dgram", []), makeService("dgram", "10.243.0.27"));
    await answers(b.namespace, "udp", "10.243.0.27", 80, "refused");
    const from = { fromPort: 40_000 };
    await apply(makeSlice("dgram", [a.address]));
    await until(async () => (await ask(b.namespace, "udp", "10.243.0.27", 80, from)).startsWith("a"), "a answers");
    await apply(makeSlice("dgram", [b.address]));
    await until(async () => (await ask(b.namespace, "udp", "10.243.0.27", 80, from)).startsWith("b"), "b answers");
  });

  it("lets Pods reach the API server on the node through its Service", async () => {
    await apply(makeSlice("kubernetes", ["192.168.77.1"], 6443), makeService("kubernetes", "10.243.0.1"));
    await answers(a.namespace, "tcp", "10.243.0.1", 80, "node");
    expect(await ask(a.namespace, "tcp", "10.243.0.1", 80)).toBe(`node ${a.address}`);
    expect(await ask(node, "tcp", "10.243.0.1", 80)).toContain("node ");
  });

  it("resolves names of Services at the cluster DNS address, by TCP what UDP does not hold, for Pods and for the node", async () => {
    await apply(
      makeService("kube-dns", "10.243.0.10"),
      makeService("headless", "None"),
      makeSlice("headless", [a.address]),
    );
    const many = Array.from({ length: 200 }, (_, i) => `10.242.7.${i + 1}`);
    await apply(makeService("large", "None"), makeSlice("large", many));
    for (const from of [a.namespace, node]) {
      const resolve = (name: string, type = "A") => from.call("resolve", { name, type, server: "10.243.0.10" });
      await until(
        async () => JSON.stringify(await resolve("headless.default.svc.cluster.local")) === JSON.stringify([a.address]),
        "the headless Service resolves",
      );
      await until(
        async () => (await resolve("large.default.svc.cluster.local") as string[]).length === 200,
        "all resolve",
      );
      expect(await resolve("web.default.svc.cluster.local")).toEqual(["10.243.0.20"]);
      expect(await resolve("20.0.243.10.in-addr.arpa", "PTR")).toEqual(["web.default.svc.cluster.local."]);
      expect(await resolve("none.default.svc.cluster.local")).toBe("NotFound");
    }
  });

  it("serves a Pod's host ports while it lives", async () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: "default", name: "hosted" },
      spec: { nodeName: "node-a", containers: [{ name: "c", ports: [{ hostPort: 8888, containerPort: 8080 }] }] },
      status: { phase: "Running", podIP: a.address },
    };
    await apply(pod);
    await answers(outside, "tcp", "192.168.77.1", 8888, "a 192.168.77.2");
    await node.call("remove", { kind: "Pod", key: "default/hosted" });
    await answers(outside, "tcp", "192.168.77.1", 8888, "refused");
  });

  it("routes to the Pods of other nodes by these nodes, as they come and go", async () => {
    const makeNode = (name: string, podCIDR: string, address: string) => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
      spec: { podCIDR },
      status: { addresses: [{ type: "InternalIP", address }] },
    });
    await apply(
      makeNode("node-a", "10.242.3.0/24", "192.168.77.1"),
      makeNode("node-b", "10.242.4.0/24", "192.168.77.2"),
    );
    await until(async () => (await node.exec("ip", "route")).includes("10.242.4.0/24 via 192.168.77.2"), "a route");
    await outside.exec("ip", "addr", "add", "10.242.4.9/24", "dev", "lo");
    await outside.exec("ip", "route", "add", "10.242.3.0/24", "via", "192.168.77.1");
    expect(await ask(a.namespace, "tcp", "10.242.4.9", 8080)).toBe(`outside ${a.address}`);
    await node.call("remove", { kind: "Node", key: "node-b" });
    await until(async () => !(await node.exec("ip", "route")).includes("10.242.4.0/24"), "no route");
    await apply(makeNode("node-c", "10.242.5.0/24", "198.51.100.1"));
    await until(
      async () => (await node.call<string[]>("complaints", {})).join().includes("node-c at 198.51.100.1"),
      "a complaint",
    );
    // Stays until the clean-up.
    await apply(makeNode("node-c", "10.242.5.0/24", "192.168.77.3"));
    await until(async () => (await node.exec("ip", "route")).includes("10.242.5.0/24 via 192.168.77.3"), "a route");
    await node.call("complaints", {});
  });

  it("tells load balancers whether the node has endpoints", async () => {
    const spec = { type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort: 30_999 };
    const check =
      async () => (await node.call<[number, { localEndpoints: number }]>("fetch", "http://192.168.77.1:30999/"));
    await apply(makeSlice("checked", [a.address]), makeService("checked", "10.243.0.30", spec));
    expect(await check()).toMatchObject([200, { service: { name: "checked" }, localEndpoints: 1 }]);
    await apply(makeSlice("checked", []));
    await until(async () => (await check())[0] === 503, "the node says that it has none");
    await node.call("remove", { kind: "Service", key: "default/checked" });
  });

  it("serves on while Skiff is away, and takes over what is there", async () => {
    await node.call("close", { keep: true });
    expect(await ask(a.namespace, "tcp", "10.243.0.20", 80)).toMatch(/^[ab] /);
    const before = await node.exec("ip", "-o", "addr", "show", "dev", `${instance}0`);
    const asking = answerers(a.namespace, "tcp", "10.243.0.20", 80, 300);
    await node.call("start", start);
    expect(await asking).toEqual(["a", "b"]);
    expect(await node.exec("ip", "-o", "addr", "show", "dev", `${instance}0`)).toBe(before);
    const name = "web.default.svc.cluster.local";
    expect(await a.namespace.call("resolve", { name, type: "A", server: "10.243.0.10" })).toEqual(["10.243.0.20"]);
  });

  it("changed elements only until here: nothing failed and was made anew", async () => {
    expect(await node.call("complaints", {})).toEqual([]);
  });

  it("makes the table anew when somebody takes it or its rules away", async () => {
    await node.exec("nft", "flush", "ruleset");
    await answers(a.namespace, "tcp", "10.243.0.20", 80, "b");
    await node.exec("nft", "flush", "table", "ip", instance);
    await answers(a.namespace, "tcp", "10.243.0.20", 80, "b");
    const complaints = await node.call<string[]>("complaints", {});
    expect(complaints.length).toBe(2);
    for (const complaint of complaints) expect(complaint).toContain("somebody removed rules");
  });

  it("makes the table anew when a change meets none", async () => {
    await node.exec("nft", "flush", "ruleset");
    await apply(makeService("another", "10.243.0.40"));
    await answers(a.namespace, "tcp", "10.243.0.20", 80, "b");
  });

  it("leaves nothing behind, but only what is its own", async () => {
    await node.exec("nft", "add", "table", "ip", "others");
    await node.call("close", { keep: false });
    expect(await node.exec("nft", "list", "ruleset")).toBe("table ip others {\n}\n");
    expect(await node.exec("ip", "link", "show")).not.toContain(`${instance}0`);
    expect(await node.exec("ip", "route")).not.toContain("10.24");
    await node.call("cleanUp", { instance, dataDir });
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endpoints, endpointslices, nodes, pods, services } from "../../../api/resources.ts";
import type { Pod, Service } from "../../../api/types/core_v1.ts";
import { World } from "../testing/world.ts";
import { endpointsController } from "./endpoints.ts";
import { endpointSliceController } from "./endpointslice.ts";
import { endpointSliceMirroringController } from "./mirroring.ts";

describe("endpointSliceController and endpointsController", () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.stop());

  const start = () => world.start(endpointSliceController, endpointsController);
  const slices = () => world.client.all(endpointslices);
  const subsets = () => world.client.all(endpoints)[0]?.subsets;

  function makeService(spec: Partial<Service["spec"]> = {}): Promise<Service> {
    const ports = [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }];
    const metadata = { name: "web", labels: { team: "a" } };
    return world.create(services, {
      metadata,
      spec: { selector: { app: "web" }, ports, clusterIP: "10.43.0.9", ...spec },
    });
  }

  async function makePod(name: string, ip: string, extra: Partial<Pod["spec"]> = {}, ready = true): Promise<Pod> {
    const metadata = { name, labels: { app: "web", other: "x" } };
    const pod = await world.create(pods, { metadata, spec: { containers: [{ name: "c" }], ...extra } });
    await world.run(pod, { ip, ready });
    await world.settle();
    return pod;
  }

  const shown = () =>
    slices().flatMap((slice) => slice.endpoints ?? []).map(({ addresses, conditions = {} }) => {
      const { ready, serving, terminating } = conditions;
      return `${addresses[0]}${ready ? " ready" : ""}${serving ? " serving" : ""}${terminating ? " terminating" : ""}`;
    }).sort();

  it("shows the Pods that a Service selects", async () => {
    await world.client.create(nodes, {
      metadata: { name: "n1", labels: { "topology.kubernetes.io/zone": "z" } },
      spec: {},
    });
    const service = await makeService();
    const pod = await makePod("a", "10.42.0.1");
    await start();
    const [slice] = slices();
    expect(slice?.metadata.labels).toEqual({
      team: "a",
      "kubernetes.io/service-name": "web",
      "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    });
    expect(slice?.metadata.ownerReferences?.[0]).toMatchObject({
      kind: "Service",
      uid: service.metadata.uid,
      controller: true,
    });
    expect(slice?.metadata.annotations?.["endpoints.kubernetes.io/last-change-trigger-time"]).toMatch(/^2026-/);
    const targetRef = { kind: "Pod", namespace: "default", name: "a", uid: pod.metadata.uid };
    expect(slice?.ports).toEqual([{ name: "http", port: 8080, protocol: "TCP" }]);
    expect(slice?.endpoints).toEqual([{
      addresses: ["10.42.0.1"],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef,
      nodeName: "n1",
      zone: "z",
    }]);
    expect(subsets()).toEqual([{
      addresses: [{ ip: "10.42.0.1", nodeName: "n1", targetRef }],
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    }]);
  });

  it("has an empty slice and no subsets for a Service without Pods", async () => {
    await makeService();
    await start();
    expect(slices()).toHaveLength(1);
    expect(slices()[0]).toMatchObject({ addressType: "IPv4", endpoints: [], ports: [] });
    expect(world.client.all(endpoints)).toHaveLength(1);
    await makePod("a", "10.42.0.1");
    expect(slices()).toHaveLength(1);
    expect(shown()).toEqual(["10.42.0.1 ready serving"]);
  });

  it("follows Pods that come, become unready, terminate and go", async () => {
    await makeService();
    await start();
    const a = await makePod("a", "10.42.0.1");
    const b = await makePod("b", "10.42.0.2", {}, false);
    expect(shown()).toEqual(["10.42.0.1 ready serving", "10.42.0.2"]);
    expect(subsets()?.[0]?.notReadyAddresses?.map(({ ip }) => ip)).toEqual(["10.42.0.2"]);
    await world.client.patch(pods, { namespace: "default", name: "a" }, {
      type: "merge",
      patch: { metadata: { finalizers: ["test/hold"] } },
    });
    await world.client.delete(pods, { namespace: "default", name: "a" });
    await world.run(b, { ip: "10.42.0.2" });
    await world.settle();
    expect(shown()).toEqual(["10.42.0.1 serving terminating", "10.42.0.2 ready serving"]);
    expect(subsets()?.[0]?.addresses?.map(({ ip }) => ip)).toEqual(["10.42.0.2"]);
    await world.report(a, { phase: "Succeeded", podIP: "10.42.0.1" });
    await world.client.patch(pods, { namespace: "default", name: "b" }, {
      type: "merge",
      patch: { metadata: { labels: { app: "other" } } },
    });
    await world.settle();
    expect(shown()).toEqual([]);
    expect(subsets()).toBeUndefined();
  });

  it("publishes addresses that are not ready where the Service says so", async () => {
    await makeService({ publishNotReadyAddresses: true });
    await start();
    await makePod("a", "10.42.0.1", {}, false);
    expect(shown()).toEqual(["10.42.0.1 ready"]);
    expect(subsets()?.[0]?.addresses).toHaveLength(1);
  });

  it("finds named target ports in each Pod, and groups Pods by what they have", async () => {
    await makeService({ ports: [{ name: "http", port: 80, targetPort: "web" }] });
    await start();
    const withPort = (containerPort: number) => ({
      containers: [{ name: "c", ports: [{ name: "web", containerPort }] }],
    });
    await makePod("a", "10.42.0.1", withPort(8080));
    await makePod("b", "10.42.0.2", withPort(9090));
    await makePod("c", "10.42.0.3", withPort(8080));
    const ports = slices().map(({ ports, endpoints }) => `${ports?.[0]?.port}: ${endpoints?.length}`).sort();
    expect(ports).toEqual(["8080: 2", "9090: 1"]);
    expect(subsets()?.map(({ ports, addresses }) => `${ports?.[0]?.port}: ${addresses?.length}`)).toEqual([
      "8080: 2",
      "9090: 1",
    ]);
  });

  it("gives the Pods of a headless Service their names, also without ports", async () => {
    const { ports: _, ...spec } = (await makeService({ clusterIP: "None" })).spec;
    await world.client.update(services, { ...world.client.all(services)[0]!, spec });
    await start();
    await makePod("a", "10.42.0.1", { hostname: "a", subdomain: "web" });
    await makePod("b", "10.42.0.2", { hostname: "b", subdomain: "elsewhere" });
    expect(slices()[0]?.metadata.labels).toMatchObject({ "service.kubernetes.io/headless": "" });
    expect(slices().flatMap((slice) => slice.endpoints ?? []).map(({ hostname }) => hostname)).toEqual([
      "a",
      undefined,
    ]);
    expect(subsets()?.[0]?.addresses?.map(({ hostname }) => hostname)).toEqual(["a", undefined]);
  });

  it("leaves Services without a selector and manual Endpoints alone", async () => {
    const { selector: _, ...spec } = (await makeService()).spec;
    await world.client.update(services, { ...world.client.all(services)[0]!, spec });
    const manual = await world.create(endpoints, {
      metadata: { name: "web" },
      subsets: [{ addresses: [{ ip: "192.0.2.1" }] }],
    });
    await start();
    await makePod("a", "10.42.0.1");
    expect(slices()).toEqual([]);
    expect(world.client.all(endpoints)).toEqual([manual]);
    await world.client.delete(services, { namespace: "default", name: "web" });
    await world.settle();
    expect(world.client.all(endpoints)).toEqual([manual]);
  });

  it("shows manual Endpoints as slices, and follows them", async () => {
    await world.create(services, {
      metadata: { name: "db" },
      spec: { ports: [{ port: 5432 }], clusterIP: "10.43.0.10" },
    });
    const manual = await world.create(endpoints, {
      metadata: { name: "db", labels: { tier: "db" } },
      subsets: [{
        addresses: [{ ip: "192.0.2.1" }, { ip: "2001:db8::1" }],
        notReadyAddresses: [{ ip: "192.0.2.2" }],
        ports: [{ port: 5432 }],
      }],
    });
    await world.start(endpointSliceMirroringController, endpointSliceController, endpointsController);
    const mirrored = () =>
      slices().map(({ addressType, endpoints = [] }) =>
        `${addressType} ${
          endpoints.map(({ addresses, conditions }) => `${addresses[0]} ${conditions?.ready}`).join(", ")
        }`
      ).sort();
    expect(mirrored()).toEqual(["IPv4 192.0.2.1 true, 192.0.2.2 false", "IPv6 2001:db8::1 true"]);
    expect(slices()[0]?.ports).toEqual([{ name: "", port: 5432, protocol: "TCP" }]);
    expect(slices()[0]?.metadata.labels).toEqual({
      tier: "db",
      "kubernetes.io/service-name": "db",
      "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    });
    await world.client.update(endpoints, {
      ...manual,
      subsets: [{ addresses: [{ ip: "192.0.2.9" }], ports: [{ port: 5432 }] }],
    });
    await world.settle();
    expect(mirrored()).toEqual(["IPv4 192.0.2.9 true"]);
    await world.client.patch(endpoints, { namespace: "default", name: "db" }, {
      type: "merge",
      patch: { metadata: { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } } },
    });
    await world.settle();
    expect(mirrored()).toEqual([]);
  });

  it("removes the Endpoints of a Service that is gone", async () => {
    await makeService();
    await start();
    expect(world.client.all(endpoints)).toHaveLength(1);
    await world.client.delete(services, { namespace: "default", name: "web" });
    await world.settle();
    expect(world.client.all(endpoints)).toEqual([]);
  });

  it("spreads many Pods over slices of a hundred and touches one slice for one Pod", async () => {
    await makeService();
    for (let i = 0; i < 250; i++) {
      const metadata = { name: `p${i}`, labels: { app: "web" } };
      const pod = await world.create(pods, { metadata, spec: { containers: [], nodeName: "n1" } });
      await world.run(pod, { ip: `10.42.${Math.floor(i / 200)}.${i % 200}` });
    }
    await start();
    expect(slices().map(({ endpoints }) => endpoints?.length).sort()).toEqual([100, 100, 50]);
    const before = world.client.writes().length;
    await world.client.delete(pods, { namespace: "default", name: "p7" });
    await makePod("new", "10.42.9.9");
    const writes = world.client.writes().slice(before).filter((write) => write.includes("endpointslices"));
    expect(writes).toHaveLength(2);
    expect(slices().map(({ endpoints }) => endpoints?.length).sort()).toEqual([100, 100, 50]);
  });

  it("restores a slice that somebody changed or removed", async () => {
    await makeService();
    await makePod("a", "10.42.0.1");
    await start();
    await world.client.update(endpointslices, { ...slices()[0]!, endpoints: [] });
    await world.settle();
    expect(shown()).toEqual(["10.42.0.1 ready serving"]);
    await world.client.deleteCollection(endpointslices);
    await world.settle();
    expect(shown()).toEqual(["10.42.0.1 ready serving"]);
  });
});

import { describe, expect, it } from "vitest";
import { sampleService, sampleSlice } from "./_samples.ts";
import type { Frontend } from "./frontend.ts";
import { frontendKey } from "./frontend.ts";
import { healthCheckOf } from "./health_checks.ts";
import { hostPortFrontends } from "./host_ports.ts";
import { serviceFrontends } from "./service_frontends.ts";

function addresses({ backends }: Frontend): string[] {
  return backends.map(({ address, port }) => `${address}:${port}`);
}

describe("serviceFrontends", () => {
  it("has a cluster IP for every port, with the slices' port of the same name and protocol", () => {
    const ports = [{ name: "http", port: 80 }, { name: "dns", protocol: "UDP", port: 53 }];
    const slices = [
      sampleSlice("web", ["10.42.0.10", "10.42.0.9"]),
      sampleSlice("web", ["10.42.0.9"], { ports: [{ name: "dns", protocol: "UDP", port: 5353 }] }),
      sampleSlice("web", ["fd00::1"], { addressType: "IPv6" }),
    ];
    const frontends = serviceFrontends(sampleService("web", { ports }), slices, "a");
    expect(frontends.map(frontendKey)).toEqual(["10.43.0.20 . tcp . 80", "10.43.0.20 . udp . 53"]);
    expect(frontends.map(addresses)).toEqual([["10.42.0.9:8080", "10.42.0.10:8080"], ["10.42.0.9:5353"]]);
  });

  it("takes endpoints that serve while terminating only when none is ready", () => {
    const leaving = { addresses: ["10.42.0.7"], conditions: { ready: false, serving: true, terminating: true } };
    const broken = { addresses: ["10.42.0.8"], conditions: { ready: false, serving: false, terminating: true } };
    const only = serviceFrontends(sampleService("web"), [sampleSlice("web", [leaving, broken])], "a");
    expect(addresses(only[0]!)).toEqual(["10.42.0.7:8080"]);
    const both = serviceFrontends(sampleService("web"), [sampleSlice("web", [leaving, "10.42.0.9"])], "a");
    expect(addresses(both[0]!)).toEqual(["10.42.0.9:8080"]);
    const unknown = serviceFrontends(sampleService("web"), [sampleSlice("web", [{ addresses: ["10.42.0.3"] }])], "a");
    expect(addresses(unknown[0]!)).toEqual(["10.42.0.3:8080"]);
  });

  it("has none for headless and ExternalName Services, and those of another proxy", () => {
    const other = sampleService("web");
    other.metadata.labels = { "service.kubernetes.io/service-proxy-name": "other" };
    for (const s of [sampleService("h", { clusterIP: "None" }), sampleService("e", { type: "ExternalName" }), other]) {
      expect(serviceFrontends(s, [sampleSlice("web", ["10.42.0.9"])], "a")).toEqual([]);
    }
  });

  it("keeps to the node's own endpoints by traffic policy, inside and outside apart", () => {
    const away = { addresses: ["10.42.1.9"], nodeName: "b", conditions: { ready: true } };
    const slices = [sampleSlice("web", ["10.42.0.9", away])];
    const ports = [{ name: "http", port: 80, nodePort: 30_000 }];
    const spec = {
      type: "LoadBalancer",
      externalIPs: ["192.0.2.9"],
      ports,
      loadBalancerSourceRanges: ["10.0.0.0/8 ", "x"],
    };
    const service = {
      ...sampleService("web", { ...spec, externalTrafficPolicy: "Local" }),
      status: {
        loadBalancer: { ingress: [{ ip: "192.0.2.10" }, { hostname: "h" }, { ip: "192.0.2.11", ipMode: "Proxy" }] },
      },
    };
    const frontends = serviceFrontends(service, slices, "a");
    expect(frontends.map(frontendKey)).toEqual([
      "10.43.0.20 . tcp . 80",
      "192.0.2.9 . tcp . 80",
      "192.0.2.10 . tcp . 80",
      "tcp . 30000",
    ]);
    expect(frontends.map((f) => f.backends.length)).toEqual([2, 1, 1, 1]);
    expect(frontends.map((f) => f.masquerade)).toEqual([false, false, false, false]);
    expect(frontends.map((f) => f.refusal)).toEqual(["reject", "drop", "drop", "drop"]);
    expect(frontends.map((f) => f.sources)).toEqual([undefined, undefined, ["10.0.0.0/8"], undefined]);
    const inside = serviceFrontends(sampleService("web", { ...spec, internalTrafficPolicy: "Local" }), slices, "a");
    expect(inside.map((f) => f.backends.length)).toEqual([1, 2, 2]);
    expect(inside.map((f) => f.masquerade)).toEqual([false, true, true]);
  });

  it("lets nothing of the API into the rules that is not an address, a port or a name", () => {
    const evil = "1.2.3.4 }; flush ruleset; {";
    const slice = sampleSlice("web", [{ addresses: [evil] }, "10.42.0.256", "010.42.0.1"]);
    const spec = { externalIPs: [evil], sessionAffinity: "ClientIP" };
    const [frontend, ...more] = serviceFrontends(sampleService("web }", spec), [slice], "a");
    expect(more).toEqual([]);
    expect(frontend!.backends).toEqual([]);
    expect(frontend!.affinity).toBeUndefined();
    const ports = [{ name: "http", port: Number.NaN }, { name: "b", port: 80.5 }, {
      name: "c",
      port: 80,
      protocol: evil,
    }];
    expect(serviceFrontends(sampleService("web", { ports }), [slice], "a")).toEqual([]);
  });
});

describe("hostPortFrontends", () => {
  const containers = [{ name: "c", ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 81 }] }];
  const initContainers = [
    { name: "i", ports: [{ containerPort: 9, hostPort: 9 }] },
    {
      name: "s",
      restartPolicy: "Always",
      ports: [{ containerPort: 53, hostPort: 53, protocol: "UDP", hostIP: "192.0.2.2" }],
    },
  ];
  const pod = { metadata: {}, spec: { containers, initContainers }, status: { phase: "Running", podIP: "10.42.0.5" } };

  it("leads host ports of containers and sidecars to the Pod", () => {
    const frontends = hostPortFrontends(pod);
    expect(frontends.map(frontendKey)).toEqual(["192.0.2.2 . udp . 53", "tcp . 8080"]);
    expect(frontends.map(addresses)).toEqual([["10.42.0.5:53"], ["10.42.0.5:80"]]);
  });

  it("has none without an address, on the host's network, or after the Pod's end", () => {
    expect(hostPortFrontends({ ...pod, status: {} })).toEqual([]);
    expect(hostPortFrontends({ ...pod, spec: { ...pod.spec, hostNetwork: true } })).toEqual([]);
    expect(hostPortFrontends({ ...pod, status: { ...pod.status, phase: "Succeeded" } })).toEqual([]);
  });
});

describe("healthCheckOf", () => {
  it("counts the node's ready endpoints, for Services that stay on the node and have a port for it", () => {
    const away = { addresses: ["10.42.1.9"], nodeName: "b", conditions: { ready: true } };
    const slices = [sampleSlice("web", ["10.42.0.9", "10.42.0.8", away]), sampleSlice("web", ["10.42.0.9"])];
    const spec = { type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort: 30_100 };
    expect(healthCheckOf(sampleService("web", spec), slices, "a")).toEqual({ port: 30_100, localEndpoints: 2 });
    expect(healthCheckOf(sampleService("web", spec), [], "a")).toEqual({ port: 30_100, localEndpoints: 0 });
    for (const other of [{ type: "NodePort" }, { externalTrafficPolicy: "Cluster" }, { healthCheckNodePort: 0 }]) {
      expect(healthCheckOf(sampleService("web", { ...spec, ...other }), slices, "a")).toBeUndefined();
    }
  });
});

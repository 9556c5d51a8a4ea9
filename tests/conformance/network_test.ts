import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  endpoints,
  endpointslices,
  ingressclasses,
  ingresses,
  ipaddresses,
  networkpolicies,
  pods,
  servicecidrs,
  services,
} from "../../api/resources.ts";
import type { Endpoints, Service } from "../../api/types/core_v1.ts";
import { retry } from "../e2e/retry.ts";
import { TestApi } from "./api.ts";
import { expectGone, liveThrough } from "./lifecycle.ts";

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ hollowNodes: 1 });
});
afterAll(() => api[Symbol.asyncDispose]());

/** What the controllers made of a Service. */
async function slicesOf(namespace: string, service: string) {
  const labelSelector = `kubernetes.io/service-name=${service}`;
  return (await api.client.list(endpointslices, { namespace, labelSelector })).items;
}

describe("network/apiserver.go", () => {
  it("the Service kubernetes is for HTTPS, and its Endpoints and EndpointSlices name the API server", async () => {
    const name = "kubernetes";
    const service = await api.client.get(services, { namespace: "default", name });
    expect(service.spec.ports).toMatchObject([{ name: "https", port: 443, protocol: "TCP" }]);
    const { subsets } = await api.client.get(endpoints, { namespace: "default", name });
    expect(subsets).toMatchObject([{ addresses: [{ ip: "127.0.0.1" }], ports: [{ name: "https" }] }]);
    const [slice] = await slicesOf("default", name);
    expect(slice?.endpoints).toMatchObject([{ addresses: ["127.0.0.1"] }]);
    expect(slice?.ports?.[0]?.port).toBe(subsets?.[0]?.ports?.[0]?.port);
  });
});

describe("network/endpoints.go", () => {
  it("Endpoints can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(api, {
      resource: endpoints,
      object: { subsets: [{ addresses: [{ ip: "10.1.2.3" }], ports: [{ name: "http", port: 80, protocol: "TCP" }] }] },
      change: { subsets: [{ addresses: [{ ip: "10.1.2.4" }], ports: [{ name: "http-test", port: 8080 }] }] },
    }));

  it("come and go with a Service whose selector matches no Pod", async () => {
    const namespace = await api.namespace();
    const target = { namespace, name: "empty" };
    await api.client.create(services, {
      metadata: target,
      spec: { selector: { run: "nothing" }, ports: [{ name: "http", port: 80 }] },
    });
    await retry("Endpoints without addresses", async () => {
      expect((await api.client.get(endpoints, target)).subsets ?? []).toEqual([]);
    });
    await api.client.delete(services, target);
    await expectGone(api, endpoints, target);
  });
});

describe("network/endpointslice.go", () => {
  it("EndpointSlices can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(api, {
      resource: endpointslices,
      object: {
        addressType: "IPv4",
        endpoints: [{ addresses: ["1.2.3.4", "5.6.7.8"] }],
        ports: [{ name: "http", port: 80, protocol: "TCP" }],
      },
      change: { endpoints: [{ addresses: ["1.2.3.5"], conditions: { ready: false } }] },
    }));

  it("come and go with a Service whose selector matches no Pod", async () => {
    const namespace = await api.namespace();
    const target = { namespace, name: "empty" };
    await api.client.create(services, {
      metadata: target,
      spec: { selector: { run: "nothing" }, ports: [{ name: "http", port: 80 }] },
    });
    await retry("an EndpointSlice without endpoints", async () => {
      const [slice, ...more] = await slicesOf(namespace, "empty");
      expect(more).toEqual([]);
      expect(slice).toMatchObject({ addressType: "IPv4" });
      expect(slice?.endpoints ?? []).toEqual([]);
      expect(slice?.metadata.ownerReferences).toMatchObject([{ kind: "Service", name: "empty", controller: true }]);
      expect(slice?.metadata.labels?.["endpointslice.kubernetes.io/managed-by"]).toBe(
        "endpointslice-controller.k8s.io",
      );
    });
    await api.client.delete(services, target);
    await retry("no EndpointSlice", async () => expect(await slicesOf(namespace, "empty")).toEqual([]));
  });
});

describe("network/endpointslicemirroring.go", () => {
  it("hand-made Endpoints are mirrored while they are there", async () => {
    const namespace = await api.namespace();
    const target = { namespace, name: "custom" };
    await api.client.create(services, { metadata: target, spec: { ports: [{ name: "example", port: 80 }] } });
    const made = (ip: string): Endpoints => ({
      metadata: target,
      subsets: [{ addresses: [{ ip }], ports: [{ port: 80 }] }],
    });
    const mirrored = (ip: string) =>
      retry(`a mirror of ${ip}`, async () => {
        const slices = await slicesOf(namespace, "custom");
        expect(slices.map(({ endpoints, ports }) => [endpoints?.map((e) => e.addresses), ports?.map((p) => p.port)]))
          .toEqual([[[[ip]], [80]]]);
      });
    await api.client.create(endpoints, made("10.1.2.3"));
    await mirrored("10.1.2.3");
    await api.client.update(endpoints, made("10.2.3.4"));
    await mirrored("10.2.3.4");
    await api.client.delete(endpoints, target);
    await retry("no mirror", async () => expect(await slicesOf(namespace, "custom")).toEqual([]));
  });
});

describe("network/ingress.go", () => {
  it("Ingresses can be created, changed, found in all namespaces and deleted, and have a status", () =>
    liveThrough(api, {
      resource: ingresses,
      object: {
        spec: {
          defaultBackend: { service: { name: "web", port: { number: 80 } } },
          rules: [{
            host: "foo.example.com",
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { name: "http" } } } }],
            },
          }],
          tls: [{ hosts: ["foo.example.com"], secretName: "certificate" }],
        },
      },
      change: { spec: { ingressClassName: "other" } },
      status: { loadBalancer: { ingress: [{ ip: "169.1.1.1" }] } },
    }));
});

describe("network/ingressclass.go", () => {
  it("IngressClasses can be created, changed and deleted", () =>
    liveThrough(api, {
      resource: ingressclasses,
      object: { spec: { controller: "example.com/controller" } },
      change: { metadata: { annotations: { patched: "true" } } },
    }));
});

describe("network/endpoints.go, endpointslice.go, service_latency.go: with Pods", () => {
  it("the Pods that a Service selects are its endpoints, under the ports that they name, and no longer when they are gone", async () => {
    const namespace = await api.namespace();
    const create = (name: string, ports: readonly Record<string, unknown>[]) =>
      api.client.create(pods, {
        metadata: { namespace, name, labels: { app: "web", name } },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "c", image: "i", ports: ports as never }] },
      });
    await create("one", [{ name: "example", containerPort: 3000 }]);
    await create("two", [{ name: "example", containerPort: 3001 }, { name: "other", containerPort: 3002 }]);
    const service = (name: string, selector: Record<string, string>, targetPort: string) =>
      api.client.create(services, {
        metadata: { namespace, name },
        spec: { selector, ports: [{ name: "p", port: 80, targetPort }], publishNotReadyAddresses: true },
      });
    await service("all", { app: "web" }, "example");
    await service("second", { name: "two" }, "other");
    const expected = async (name: string, wanted: Record<string, number>) => {
      await retry(`endpoints of ${name}`, async () => {
        const slices = await slicesOf(namespace, name);
        const bySlice = slices.flatMap(({ endpoints, ports }) =>
          (endpoints ?? []).map(({ targetRef }) => [targetRef?.name, ports?.[0]?.port])
        );
        expect(Object.fromEntries(bySlice)).toEqual(wanted);
        const { subsets = [] } = await api.client.get(endpoints, { namespace, name });
        const bySubset = subsets.flatMap(({ addresses = [], ports }) =>
          addresses.map(({ targetRef }) => [targetRef?.name, ports?.[0]?.port])
        );
        expect(Object.fromEntries(bySubset)).toEqual(wanted);
      });
    };
    await expected("all", { one: 3000, two: 3001 });
    await expected("second", { two: 3002 });
    await api.client.delete(pods, { namespace, name: "two" });
    await expected("all", { one: 3000 });
    await expected("second", {});
  });
});

describe("network/service_latency.go", () => {
  it("each of many Services that are made at once gets its endpoint", async () => {
    const namespace = await api.namespace();
    await api.client.create(pods, {
      metadata: { namespace, name: "one", labels: { app: "one" } },
      spec: { containers: [{ name: "c", image: "i" }] },
    });
    const names = Array.from({ length: 50 }, (_, i) => `service-${i}`);
    const spec = { selector: { app: "one" }, ports: [{ port: 80 }] };
    await Promise.all(names.map((name) => api.client.create(services, { metadata: { namespace, name }, spec })));
    await retry("50 endpoints", async () => {
      const { items } = await api.client.list(endpointslices, { namespace });
      const served = items.filter(({ endpoints = [] }) => endpoints.some(({ conditions }) => conditions?.ready));
      const labels = served.map(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"]);
      expect(labels.toSorted()).toEqual(names.toSorted());
    });
  });
});

describe("network/netpol", () => {
  it("NetworkPolicies can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(api, {
      resource: networkpolicies,
      object: { spec: { podSelector: { matchLabels: { app: "a" } }, ingress: [{ from: [{ podSelector: {} }] }] } },
      change: { spec: { ingress: [{ ports: [{ port: 80, protocol: "TCP" }] }] } },
    }));
});

describe("network/service.go", () => {
  const web: Service["spec"] = { selector: { app: "web" }, ports: [{ name: "http", port: 80, protocol: "TCP" }] };

  it("Services can be created, changed, found in all namespaces and deleted, and have a status", () =>
    liveThrough(api, {
      resource: services,
      object: { spec: { ...web, type: "LoadBalancer", loadBalancerClass: "example.com/internal-vip" } },
      change: { spec: { selector: { app: "api" } } },
      status: { loadBalancer: { ingress: [{ ip: "203.0.113.1", ipMode: "VIP" }] } },
    }));

  it("a condition of the status is kept, and the spec of such an update is not", async () => {
    const namespace = await api.namespace();
    const service = await api.client.create(services, { metadata: { namespace, name: "web" }, spec: web });
    const conditions = [{
      type: "StatusUpdate",
      status: "True",
      reason: "Test",
      message: "set by a test",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    }];
    const changed = { ...service, spec: { ...service.spec, selector: { app: "none" } }, status: { conditions } };
    const updated = await api.client.update(services, changed, { subresource: "status" });
    expect(updated.status?.conditions).toEqual(conditions);
    expect(updated.spec.selector).toEqual(web.selector);
  });

  it("their affinity, type and name outside can be changed", async () => {
    const namespace = await api.namespace();
    const target = { namespace, name: "web" };
    const { clusterIP } = (await api.client.create(services, { metadata: target, spec: web })).spec;
    const change = async (spec: Record<string, unknown>) =>
      (await api.client.patch(services, target, { type: "merge", patch: { spec } })).spec;
    expect(await change({ sessionAffinity: "ClientIP" })).toMatchObject({
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
    });
    expect(await change({ sessionAffinity: "None", sessionAffinityConfig: null })).toMatchObject({
      sessionAffinity: "None",
    });
    const nodePort = (await change({ type: "NodePort" })).ports?.[0]?.nodePort ?? 0;
    expect(nodePort).toBeGreaterThanOrEqual(30000);
    const external = await change({
      type: "ExternalName",
      externalName: "example.com",
      clusterIP: "",
      clusterIPs: null,
    });
    expect([external.clusterIP ?? "", external.ports?.[0]?.nodePort]).toEqual(["", undefined]);
    const back = await change({ type: "ClusterIP", externalName: null });
    expect(back.clusterIP).toMatch(/^10\.43\./);
    expect(clusterIP).toMatch(/^10\.43\./);
  });
});

describe("network/service_cidrs.go", () => {
  it("the ServiceCIDR kubernetes is the network that Services get their addresses from, and is ready", async () => {
    const target = { name: "kubernetes" };
    const cidr = await api.client.get(servicecidrs, target);
    expect(cidr.spec?.cidrs).toEqual(["10.43.0.0/16"]);
    expect(await api.client.get(servicecidrs, target, { subresource: "status" })).toMatchObject({
      kind: "ServiceCIDR",
      apiVersion: "networking.k8s.io/v1",
      metadata: { uid: cidr.metadata.uid },
    });
    await retry("the condition Ready", async () => {
      const { status } = await api.client.get(servicecidrs, target);
      expect(status?.conditions).toMatchObject([{ type: "Ready", status: "True" }]);
    });
    expect((await api.client.list(servicecidrs)).items.length).toBe(1);
  });

  it("IPAddresses can be created, changed and deleted", () =>
    liveThrough(api, {
      resource: ipaddresses,
      names: ["255.255.255.255", "fe80::42:1dff:fe84:f9e2", "192.0.2.7"],
      object: { spec: { parentRef: { group: "mygroup", resource: "myresources", namespace: "foo", name: "bar" } } },
      change: { metadata: { annotations: { patched: "true" } } },
    }));
});

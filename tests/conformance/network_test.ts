import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  endpoints,
  endpointslices,
  ingressclasses,
  ingresses,
  ipaddresses,
  networkpolicies,
  servicecidrs,
  services,
} from "../../api/resources.ts";
import type { Endpoints, Service } from "../../api/types/core_v1.ts";
import { retry } from "../e2e/retry.ts";
import { ConformanceCluster } from "./_cluster.ts";
import { expectGone, liveThrough } from "./_lifecycle.ts";

let cluster: ConformanceCluster;
beforeAll(async () => {
  cluster = await ConformanceCluster.start();
});
afterAll(() => cluster[Symbol.asyncDispose]());

/** What the controllers made of a Service. */
async function slicesOf(namespace: string, service: string) {
  const labelSelector = `kubernetes.io/service-name=${service}`;
  return (await cluster.client.list(endpointslices, { namespace, labelSelector })).items;
}

describe("network/apiserver.go", () => {
  it("the Service kubernetes is for HTTPS, and its Endpoints and EndpointSlices name the API server", async () => {
    const name = "kubernetes";
    const service = await cluster.client.get(services, { namespace: "default", name });
    expect(service.spec.ports).toMatchObject([{ name: "https", port: 443, protocol: "TCP" }]);
    const { subsets } = await cluster.client.get(endpoints, { namespace: "default", name });
    expect(subsets).toMatchObject([{ addresses: [{ ip: "127.0.0.1" }], ports: [{ name: "https" }] }]);
    const [slice] = await slicesOf("default", name);
    expect(slice?.endpoints).toMatchObject([{ addresses: ["127.0.0.1"] }]);
    expect(slice?.ports?.[0]?.port).toBe(subsets?.[0]?.ports?.[0]?.port);
  });
});

describe("network/endpoints.go", () => {
  it("Endpoints can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(cluster, {
      resource: endpoints,
      object: { subsets: [{ addresses: [{ ip: "10.1.2.3" }], ports: [{ name: "http", port: 80, protocol: "TCP" }] }] },
      change: {
        patch: { subsets: [{ addresses: [{ ip: "10.1.2.4" }], ports: [{ name: "http-test", port: 8080 }] }] },
        shows: ({ subsets }) => subsets?.[0]?.addresses?.[0]?.ip,
        as: "10.1.2.4",
      },
    }));

  it("come and go with a Service whose selector matches no Pod", async () => {
    const namespace = await cluster.namespace();
    const target = { namespace, name: "empty" };
    await cluster.client.create(services, {
      metadata: target,
      spec: { selector: { run: "nothing" }, ports: [{ name: "http", port: 80 }] },
    });
    await retry("Endpoints without addresses", async () => {
      expect((await cluster.client.get(endpoints, target)).subsets ?? []).toEqual([]);
    });
    await cluster.client.delete(services, target);
    await expectGone(cluster, endpoints, target);
  });
});

describe("network/endpointslice.go", () => {
  it("EndpointSlices can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(cluster, {
      resource: endpointslices,
      object: {
        addressType: "IPv4",
        endpoints: [{ addresses: ["1.2.3.4", "5.6.7.8"] }],
        ports: [{ name: "http", port: 80, protocol: "TCP" }],
      },
      change: {
        patch: { endpoints: [{ addresses: ["1.2.3.5"], conditions: { ready: false } }] },
        shows: ({ endpoints }) => [endpoints?.[0]?.addresses, endpoints?.[0]?.conditions?.ready],
        as: [["1.2.3.5"], false],
      },
    }));

  it("come and go with a Service whose selector matches no Pod", async () => {
    const namespace = await cluster.namespace();
    const target = { namespace, name: "empty" };
    await cluster.client.create(services, {
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
    await cluster.client.delete(services, target);
    await retry("no EndpointSlice", async () => expect(await slicesOf(namespace, "empty")).toEqual([]));
  });
});

describe("network/endpointslicemirroring.go", () => {
  it("hand-made Endpoints are mirrored while they are there", async () => {
    const namespace = await cluster.namespace();
    const target = { namespace, name: "custom" };
    await cluster.client.create(services, { metadata: target, spec: { ports: [{ name: "example", port: 80 }] } });
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
    await cluster.client.create(endpoints, made("10.1.2.3"));
    await mirrored("10.1.2.3");
    await cluster.client.update(endpoints, made("10.2.3.4"));
    await mirrored("10.2.3.4");
    await cluster.client.delete(endpoints, target);
    await retry("no mirror", async () => expect(await slicesOf(namespace, "custom")).toEqual([]));
  });
});

describe("network/ingress.go", () => {
  it("Ingresses can be created, changed, found in all namespaces and deleted, and have a status", () =>
    liveThrough(cluster, {
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
      change: {
        patch: { spec: { ingressClassName: "other" } },
        shows: ({ spec }) => spec?.ingressClassName,
        as: "other",
      },
      status: {
        patch: { status: { loadBalancer: { ingress: [{ ip: "169.1.1.1" }] } } },
        shows: ({ status }) => status?.loadBalancer?.ingress,
        as: [{ ip: "169.1.1.1" }],
      },
    }));
});

describe("network/ingressclass.go", () => {
  it("IngressClasses can be created, changed and deleted", () =>
    liveThrough(cluster, {
      resource: ingressclasses,
      object: { spec: { controller: "example.com/controller" } },
      change: {
        patch: { metadata: { annotations: { patched: "true" } } },
        shows: ({ metadata }) => metadata.annotations?.patched,
        as: "true",
      },
    }));
});

describe("network/netpol", () => {
  it("NetworkPolicies can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(cluster, {
      resource: networkpolicies,
      object: { spec: { podSelector: { matchLabels: { app: "a" } }, ingress: [{ from: [{ podSelector: {} }] }] } },
      change: {
        patch: { spec: { ingress: [{ ports: [{ port: 80, protocol: "TCP" }] }] } },
        shows: ({ spec }) => spec?.ingress?.[0]?.ports,
        as: [{ port: 80, protocol: "TCP" }],
      },
    }));
});

describe("network/service.go", () => {
  const web: Service["spec"] = { selector: { app: "web" }, ports: [{ name: "http", port: 80, protocol: "TCP" }] };

  it("Services can be created, changed, found in all namespaces and deleted, and have a status", () =>
    liveThrough(cluster, {
      resource: services,
      object: { spec: { ...web, type: "LoadBalancer", loadBalancerClass: "example.com/internal-vip" } },
      change: { patch: { spec: { selector: { app: "api" } } }, shows: ({ spec }) => spec.selector, as: { app: "api" } },
      status: {
        patch: { status: { loadBalancer: { ingress: [{ ip: "203.0.113.1", ipMode: "VIP" }] } } },
        shows: ({ status }) => status?.loadBalancer?.ingress,
        as: [{ ip: "203.0.113.1", ipMode: "VIP" }],
      },
    }));

  it("a condition of the status is kept, and the spec of such an update is not", async () => {
    const namespace = await cluster.namespace();
    const service = await cluster.client.create(services, { metadata: { namespace, name: "web" }, spec: web });
    const conditions = [{
      type: "StatusUpdate",
      status: "True",
      reason: "Test",
      message: "set by a test",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    }];
    const changed = { ...service, spec: { ...service.spec, selector: { app: "none" } }, status: { conditions } };
    const updated = await cluster.client.update(services, changed, { subresource: "status" });
    expect(updated.status?.conditions).toEqual(conditions);
    expect(updated.spec.selector).toEqual(web.selector);
  });

  it("their affinity, type and name outside can be changed", async () => {
    const namespace = await cluster.namespace();
    const target = { namespace, name: "web" };
    const { clusterIP } = (await cluster.client.create(services, { metadata: target, spec: web })).spec;
    const change = async (spec: Record<string, unknown>) =>
      (await cluster.client.patch(services, target, { type: "merge", patch: { spec } })).spec;
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
    const cidr = await cluster.client.get(servicecidrs, target);
    expect(cidr.spec?.cidrs).toEqual(["10.43.0.0/16"]);
    expect(await cluster.client.get(servicecidrs, target, { subresource: "status" })).toMatchObject({
      kind: "ServiceCIDR",
      apiVersion: "networking.k8s.io/v1",
      metadata: { uid: cidr.metadata.uid },
    });
    await retry("the condition Ready", async () => {
      const { status } = await cluster.client.get(servicecidrs, target);
      expect(status?.conditions).toMatchObject([{ type: "Ready", status: "True" }]);
    });
    expect((await cluster.client.list(servicecidrs)).items.length).toBe(1);
    const added = { metadata: { name: "more" }, spec: { cidrs: ["10.99.0.0/24"] } };
    await cluster.client.create(servicecidrs, added);
    await cluster.client.delete(servicecidrs, { name: "more" });
    await expectGone(cluster, servicecidrs, { name: "more" });
  });

  it("IPAddresses can be created, changed and deleted", () =>
    liveThrough(cluster, {
      resource: ipaddresses,
      names: ["255.255.255.255", "fe80::42:1dff:fe84:f9e2", "192.0.2.7"],
      object: { spec: { parentRef: { group: "mygroup", resource: "myresources", namespace: "foo", name: "bar" } } },
      change: {
        patch: { metadata: { annotations: { patched: "true" } } },
        shows: ({ metadata }) => metadata.annotations?.patched,
        as: "true",
      },
    }));
});

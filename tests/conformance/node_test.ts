import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configmaps, leases, nodes, pods, podtemplates, runtimeclasses, secrets } from "../../api/resources.ts";
import { isForbidden, isInvalid, type StatusError } from "../../api/status.ts";
import type { Container, Pod } from "../../api/types/core_v1.ts";
import { retry } from "../e2e/retry.ts";
import { ConformanceCluster } from "./_cluster.ts";
import { expectGone, liveThrough } from "./_lifecycle.ts";

let cluster: ConformanceCluster;
beforeAll(async () => {
  cluster = await ConformanceCluster.start({ hollowNodes: 1 });
});
afterAll(() => cluster[Symbol.asyncDispose]());

const container: Container = { name: "c", image: "i" };

function createPod(namespace: string, spec: Partial<Pod["spec"]>): Promise<Pod> {
  return cluster.client.create(pods, {
    metadata: { namespace, generateName: "pod-" },
    spec: { containers: [container], ...spec },
  });
}

function refused(attempt: Promise<unknown>): Promise<StatusError> {
  return attempt.then(() => {
    throw new Error("it was not refused");
  }, (error) => error);
}

describe("common/node/configmap.go", () => {
  it("ConfigMaps can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(cluster, {
      resource: configmaps,
      object: { data: { valueName: "value" } },
      change: { patch: { data: { valueName: "value1" } }, shows: ({ data }) => data, as: { valueName: "value1" } },
    }));

  it("a ConfigMap with an empty key is refused", async () => {
    const namespace = await cluster.namespace();
    const metadata = { namespace, name: "empty-key" };
    const error = await refused(cluster.client.create(configmaps, { metadata, data: { "": "value" } }));
    expect(isInvalid(error)).toBe(true);
  });
});

describe("common/node/secrets.go", () => {
  it("Secrets can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(cluster, {
      resource: secrets,
      object: { type: "Opaque", data: { key: "dmFsdWU=" } },
      change: { patch: { data: { key: "dmFsdWUx" } }, shows: ({ data }) => data, as: { key: "dmFsdWUx" } },
    }));

  it("a Secret with an empty key is refused", async () => {
    const namespace = await cluster.namespace();
    const metadata = { namespace, name: "empty-key" };
    const error = await refused(cluster.client.create(secrets, { metadata, data: { "": "dmFsdWU=" } }));
    expect(isInvalid(error)).toBe(true);
  });
});

describe("common/node/lease.go", () => {
  it("Leases can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(cluster, {
      resource: leases,
      object: {
        spec: {
          holderIdentity: "holder",
          leaseDurationSeconds: 30,
          leaseTransitions: 0,
          acquireTime: "2026-01-01T00:00:00.000000Z",
          renewTime: "2026-01-01T00:00:05.000000Z",
        },
      },
      change: {
        patch: { spec: { holderIdentity: "other", leaseTransitions: 1 } },
        shows: ({ spec }) => [spec?.holderIdentity, spec?.leaseTransitions, spec?.leaseDurationSeconds],
        as: ["other", 1, 30],
      },
    }));
});

describe("common/node/podtemplates.go", () => {
  it("PodTemplates can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(cluster, {
      resource: podtemplates,
      object: { template: { metadata: { labels: { app: "a" } }, spec: { containers: [container] } } },
      change: {
        patch: { template: { spec: { containers: [{ ...container, image: "other" }] } } },
        shows: ({ template }) => template?.spec?.containers[0]?.image,
        as: "other",
      },
    }));
});

describe("common/node/runtimeclass.go", () => {
  it("RuntimeClasses can be created, changed and deleted", () =>
    liveThrough(cluster, {
      resource: runtimeclasses,
      object: { handler: "some-handler" },
      change: {
        patch: { metadata: { annotations: { patched: "true" } } },
        shows: ({ metadata }) => metadata.annotations?.patched,
        as: "true",
      },
    }));

  it("a Pod whose RuntimeClass does not exist, or does not any more, is refused", async () => {
    const namespace = await cluster.namespace();
    const error = await refused(createPod(namespace, { runtimeClassName: "nonexistent" }));
    expect(isForbidden(error)).toBe(true);
    expect(error.message).toContain('RuntimeClass "nonexistent" not found');
    await cluster.client.create(runtimeclasses, { metadata: { name: "brief" }, handler: "brief" });
    await createPod(namespace, { runtimeClassName: "brief" });
    await cluster.client.delete(runtimeclasses, { name: "brief" });
    expect(isForbidden(await refused(createPod(namespace, { runtimeClassName: "brief" })))).toBe(true);
  });

  for (const overhead of [undefined, { podFixed: { cpu: "10m", memory: "1Mi" } }]) {
    it(`a Pod with a RuntimeClass that costs ${overhead ? "something" : "nothing"} is scheduled`, async () => {
      const namespace = await cluster.namespace();
      const name = overhead ? "costly" : "free";
      await cluster.client.create(runtimeclasses, { metadata: { name }, handler: name, ...(overhead && { overhead }) });
      const { metadata, spec } = await createPod(namespace, { runtimeClassName: name });
      expect(spec.overhead).toEqual(overhead?.podFixed);
      await retry("a node", async () => {
        const scheduled = await cluster.client.get(pods, { namespace, name: metadata.name! });
        expect(scheduled.spec.nodeName).toBe("hollow-0");
        expect(scheduled.spec.overhead).toEqual(overhead?.podFixed);
      });
      await cluster.client.delete(runtimeclasses, { name });
    });
  }
});

describe("common/node/sysctl.go", () => {
  it("names that no sysctl can have are refused, and only these", async () => {
    const namespace = await cluster.namespace();
    const names = ["foo-", "kernel.shmmax", "safe-and-unsafe", "bar..", "net/ipv4.conf"];
    const sysctls = names.map((name) => ({ name, value: "1" }));
    const { message } = await refused(createPod(namespace, { securityContext: { sysctls } }));
    const named = names.filter((name) => message.includes(`Invalid value: "${name}"`));
    expect(named).toEqual(["foo-", "bar.."]);
  });
});

describe("node/node_lifecycle.go", () => {
  it("Nodes can be created, changed and deleted, and have a status", () =>
    liveThrough(cluster, {
      resource: nodes,
      names: ["fake-one", "fake-two", "fake-three"],
      object: { spec: { unschedulable: true }, status: { capacity: { cpu: "1", memory: "1Gi", pods: "10" } } },
      change: {
        patch: { metadata: { annotations: { patched: "true" } } },
        shows: ({ metadata }) => metadata.annotations?.patched,
        as: "true",
      },
      status: {
        patch: { status: { phase: "Running" } },
        shows: ({ status }) => status?.phase,
        as: "Running",
      },
    }));
});

describe("node/pods.go", () => {
  const sizes = { cpu: "100m", memory: "100Mi" };
  const classes: readonly [string, Container["resources"]][] = [
    ["Guaranteed", { requests: sizes, limits: sizes }],
    ["Guaranteed", { limits: sizes }],
    ["Burstable", { requests: { cpu: "100m" } }],
    ["Burstable", { requests: sizes, limits: { cpu: "200m", memory: "100Mi" } }],
    ["BestEffort", {}],
  ];
  it("the QoS class follows from requests and limits", async () => {
    const namespace = await cluster.namespace();
    for (const [qosClass, resources] of classes) {
      const pod = await createPod(namespace, { containers: [{ ...container, resources: resources! }] });
      expect(pod.status?.qosClass).toBe(qosClass);
    }
  });

  it("a Pod's generation counts changes of its spec from 1, whatever it was created with", async () => {
    const namespace = await cluster.namespace();
    const target = { namespace, name: "counted" };
    const created = await cluster.client.create(pods, {
      metadata: { ...target, generation: 100 },
      spec: { containers: [container], terminationGracePeriodSeconds: 1 },
    });
    expect(created.metadata.generation).toBe(1);
    const change = async (patch: Record<string, unknown>) =>
      (await cluster.client.patch(pods, target, { type: "strategic", patch })).metadata.generation;
    expect(await change({ metadata: { labels: { a: "b" } } })).toBe(1);
    expect(await change({ spec: { containers: [{ name: "c", image: "other" }] } })).toBe(2);
    expect(await change({ spec: { activeDeadlineSeconds: 3600 } })).toBe(3);
    await retry("the node to have seen it", async () => {
      const { status } = await cluster.client.get(pods, target);
      expect(status?.observedGeneration).toBe(3);
    });
    await cluster.client.delete(pods, target);
    await expectGone(cluster, pods, target);
  });
});

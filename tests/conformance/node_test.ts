import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configmaps, leases, nodes, pods, podtemplates, runtimeclasses, secrets } from "../../api/resources.ts";
import { isForbidden, isInvalid, type StatusError } from "../../api/status.ts";
import type { Container, Pod } from "../../api/types/core_v1.ts";
import { retry } from "../e2e/retry.ts";
import { TestApi } from "./api.ts";
import { Watching } from "./watching.ts";
import { expectGone, liveThrough } from "./lifecycle.ts";

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ hollowNodes: 1 });
});
afterAll(() => api[Symbol.asyncDispose]());

const container: Container = { name: "c", image: "i" };

function createPod(namespace: string, spec: Partial<Pod["spec"]>): Promise<Pod> {
  return api.client.create(pods, {
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
    liveThrough(api, {
      resource: configmaps,
      object: { data: { valueName: "value" } },
      change: { data: { valueName: "value1" } },
    }));

  it("a ConfigMap with an empty key is refused", async () => {
    const namespace = await api.namespace();
    const metadata = { namespace, name: "empty-key" };
    const error = await refused(api.client.create(configmaps, { metadata, data: { "": "value" } }));
    expect(isInvalid(error)).toBe(true);
  });
});

describe("common/node/secrets.go", () => {
  it("Secrets can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(api, {
      resource: secrets,
      object: { type: "Opaque", data: { key: "dmFsdWU=" } },
      change: { data: { key: "dmFsdWUx" } },
    }));

  it("a Secret with an empty key is refused", async () => {
    const namespace = await api.namespace();
    const metadata = { namespace, name: "empty-key" };
    const error = await refused(api.client.create(secrets, { metadata, data: { "": "dmFsdWU=" } }));
    expect(isInvalid(error)).toBe(true);
  });
});

describe("common/node/lease.go", () => {
  it("Leases can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(api, {
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
      change: { spec: { holderIdentity: "other", leaseTransitions: 1 } },
    }));
});

describe("common/node/podtemplates.go", () => {
  it("PodTemplates can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(api, {
      resource: podtemplates,
      object: { template: { metadata: { labels: { app: "a" } }, spec: { containers: [container] } } },
      change: { template: { spec: { containers: [{ ...container, image: "other" }] } } },
    }));
});

describe("common/node/runtimeclass.go", () => {
  it("RuntimeClasses can be created, changed and deleted", () =>
    liveThrough(api, {
      resource: runtimeclasses,
      object: { handler: "some-handler" },
      change: { metadata: { annotations: { patched: "true" } } },
    }));

  it("a Pod whose RuntimeClass does not exist, or does not any more, is refused", async () => {
    const namespace = await api.namespace();
    const error = await refused(createPod(namespace, { runtimeClassName: "nonexistent" }));
    expect(isForbidden(error)).toBe(true);
    expect(error.message).toContain('RuntimeClass "nonexistent" not found');
    await api.client.create(runtimeclasses, { metadata: { name: "brief" }, handler: "brief" });
    await createPod(namespace, { runtimeClassName: "brief" });
    await api.client.delete(runtimeclasses, { name: "brief" });
    expect(isForbidden(await refused(createPod(namespace, { runtimeClassName: "brief" })))).toBe(true);
  });

  for (const overhead of [undefined, { podFixed: { cpu: "10m", memory: "1Mi" } }]) {
    it(`a Pod with a RuntimeClass that costs ${overhead ? "something" : "nothing"} is scheduled`, async () => {
      const namespace = await api.namespace();
      const name = overhead ? "costly" : "free";
      await api.client.create(runtimeclasses, { metadata: { name }, handler: name, ...(overhead && { overhead }) });
      const { metadata, spec } = await createPod(namespace, { runtimeClassName: name });
      expect(spec.overhead).toEqual(overhead?.podFixed);
      await retry("a node", async () => {
        const scheduled = await api.client.get(pods, { namespace, name: metadata.name! });
        expect(scheduled.spec.nodeName).toBe("hollow-0");
        expect(scheduled.spec.overhead).toEqual(overhead?.podFixed);
      });
      await api.client.delete(runtimeclasses, { name });
    });
  }
});

describe("common/node/sysctl.go", () => {
  it("names that no sysctl can have are refused, and only these", async () => {
    const namespace = await api.namespace();
    const names = ["foo-", "kernel.shmmax", "safe-and-unsafe", "bar..", "net/ipv4.conf"];
    const sysctls = names.map((name) => ({ name, value: "1" }));
    const { message } = await refused(createPod(namespace, { securityContext: { sysctls } }));
    const named = names.filter((name) => message.includes(`Invalid value: "${name}"`));
    expect(named).toEqual(["foo-", "bar.."]);
  });
});

describe("node/node_lifecycle.go", () => {
  it("Nodes can be created, changed and deleted, and have a status", () =>
    liveThrough(api, {
      resource: nodes,
      names: ["fake-one", "fake-two", "fake-three"],
      object: { spec: { unschedulable: true }, status: { capacity: { cpu: "1", memory: "1Gi", pods: "10" } } },
      change: { metadata: { annotations: { patched: "true" } } },
      status: { phase: "Running" },
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
    const namespace = await api.namespace();
    for (const [qosClass, resources] of classes) {
      const pod = await createPod(namespace, { containers: [{ ...container, resources: resources! }] });
      expect(pod.status?.qosClass).toBe(qosClass);
    }
  });

  it("a Pod's generation counts changes of its spec from 1, whatever it was created with, and its deletion", async () => {
    const namespace = await api.namespace();
    const target = { namespace, name: "counted" };
    const created = await api.client.create(pods, {
      metadata: { ...target, generation: 100 },
      spec: { initContainers: [{ name: "init", image: "i" }], containers: [container] },
    });
    expect(created.metadata.generation).toBe(1);
    const change = async (patch: Record<string, unknown>) =>
      (await api.client.patch(pods, target, { type: "strategic", patch })).metadata.generation;
    expect(await change({ metadata: { labels: { a: "b" }, generation: 7 } })).toBe(1);
    expect(await change({ spec: { containers: [{ name: "c", image: "other" }] } })).toBe(2);
    expect(await change({ spec: { initContainers: [{ name: "init", image: "other" }] } })).toBe(3);
    expect(await change({ spec: { activeDeadlineSeconds: 3600 } })).toBe(4);
    const tolerations = [...(await api.client.get(pods, target)).spec.tolerations ?? [], { operator: "Exists" }];
    expect(await change({ spec: { tolerations } })).toBe(5);
    await expectPhase(target, "Running");
    await retry("the node to have seen it", async () => {
      const { status } = await api.client.get(pods, target);
      expect(status?.observedGeneration).toBe(5);
    });
    await api.client.delete(pods, target, { gracePeriodSeconds: 60 });
    expect((await api.client.get(pods, target)).metadata.generation).toBe(6);
    await expectGone(api, pods, target);
  });

  it("a Pod that changes a hundred times is seen as it is in the end", async () => {
    const namespace = await api.namespace();
    const target = { namespace, name: "busy" };
    await api.client.create(pods, {
      metadata: target,
      spec: { containers: [container], activeDeadlineSeconds: 5000 },
    });
    for (let i = 1; i < 100; i++) {
      const patch = { spec: { activeDeadlineSeconds: 5000 - i } };
      await api.client.patch(pods, target, { type: "merge", patch });
    }
    await retry("the node to have seen it", async () => {
      const { metadata, status } = await api.client.get(pods, target);
      expect([metadata.generation, status?.observedGeneration]).toEqual([100, 100]);
    });
  });
});

describe("common/node/pods.go", () => {
  it("a Pod runs, has its node's address, is relabelled, and its deletion with grace is seen by a watch", async () => {
    const namespace = await api.namespace();
    const { metadata: { name = "" } } = await createPod(namespace, {});
    const target = { namespace, name };
    const running = await expectPhase(target, "Running");
    expect(running.status?.hostIP).toBe("198.18.0.0");
    expect(running.status?.hostIPs).toEqual([{ ip: "198.18.0.0" }]);
    await api.client.update(pods, { ...running, metadata: { ...running.metadata, labels: { time: "now" } } });
    const selected = await api.client.list(pods, { namespace, labelSelector: "time=now" });
    expect(selected.items.map(({ metadata }) => metadata.name)).toEqual([name]);

    using watching = await Watching.start(api, pods, namespace, {
      resourceVersion: selected.metadata.resourceVersion!,
    });
    await api.client.delete(pods, target, { gracePeriodSeconds: 30 });
    const leaving = await watching.until("MODIFIED", ({ metadata }) => metadata.deletionTimestamp !== undefined);
    expect(leaving.metadata.deletionGracePeriodSeconds).toBe(30);
    await watching.until("DELETED");
  });

  it("a Pod fails once the deadline that it was given later has passed", async () => {
    const namespace = await api.namespace();
    const { metadata: { name = "" } } = await createPod(namespace, {});
    const target = { namespace, name };
    await expectPhase(target, "Running");
    await api.client.patch(pods, target, { type: "merge", patch: { spec: { activeDeadlineSeconds: 1 } } });
    const failed = await expectPhase(target, "Failed");
    expect(failed.status?.reason).toBe("DeadlineExceeded");
  });

  it("the status of a Pod is patched and replaced through its own door", async () => {
    const namespace = await api.namespace();
    // Nobody else writes the status of a Pod that has no node.
    const { metadata: { name = "" } } = await createPod(namespace, { nodeSelector: { no: "node" } });
    const target = { namespace, name };
    const patch = { status: { message: "patched", reason: "Test" } };
    const patched = await api.client.patch(pods, target, { type: "strategic", patch }, { subresource: "status" });
    expect(patched.status).toMatchObject(patch.status);
    const conditions = [{ type: "Ready", status: "False", reason: "Test", message: "replaced" }];
    await retry("an update without conflict", async () => {
      const latest = await api.client.get(pods, target);
      const changed = { ...latest, status: { ...latest.status, conditions } };
      const replaced = await api.client.update(pods, changed, { subresource: "status" });
      expect(replaced.status?.conditions).toMatchObject(conditions);
    });
  });

  it("Pods are deleted as a collection", async () => {
    const namespace = await api.namespace();
    for (const name of ["a", "b", "c"]) {
      const metadata = { namespace, name, labels: { type: "Testing" } };
      await api.client.create(pods, { metadata, spec: { containers: [container], terminationGracePeriodSeconds: 1 } });
    }
    await createPod(namespace, {});
    await api.client.deleteCollection(pods, { namespace, labelSelector: "type=Testing" });
    await retry("the three to be gone", async () => {
      expect((await api.client.list(pods, { namespace })).items.length).toBe(1);
    });
  });
});

describe("node/taints.go", () => {
  const taint = { key: "conformance.test/evict", value: "yes", effect: "NoExecute" };
  const setTaints = (taints: unknown) =>
    api.client.patch(nodes, { name: "hollow-0" }, { type: "merge", patch: { spec: { taints } } });

  it("a taint drives Pods out when the time that they tolerate it is over, and none when it goes before", async () => {
    const namespace = await api.namespace();
    const tolerating = async (tolerationSeconds: number) => {
      const tolerations = [{ key: taint.key, operator: "Equal", value: "yes", effect: "NoExecute", tolerationSeconds }];
      const { metadata } = await createPod(namespace, { tolerations, terminationGracePeriodSeconds: 1 });
      await expectPhase({ namespace, name: metadata.name! }, "Running");
      return metadata.name!;
    };
    const [short, long] = [await tolerating(1), await tolerating(3600)];
    await setTaints([taint]);
    await expectGone(api, pods, { namespace, name: short });
    await setTaints(null);
    const { metadata } = await api.client.get(pods, { namespace, name: long });
    expect(metadata.deletionTimestamp).toBeUndefined();
  });
});

async function expectPhase(target: { namespace: string; name: string }, phase: string): Promise<Pod> {
  return await retry(`${target.name} to be ${phase}`, async () => {
    const pod = await api.client.get(pods, target);
    expect(pod.status?.phase).toBe(phase);
    return pod;
  });
}

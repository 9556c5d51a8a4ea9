import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../../api/clock.ts";
import { formatTime } from "../../../../api/meta/time.ts";
import { configmaps, persistentvolumeclaims, pods, resourcequotas, services } from "../../../../api/resources.ts";
import type { StatusError } from "../../../../api/status.ts";
import type { ResourceQuota, ResourceQuotaSpec, ResourceRequirements, Service } from "../../../../api/types/core_v1.ts";
import { evaluatorOf } from "../../../quota/evaluators.ts";
import { context, minimalPod, plain, TestRegistry } from "../../registry/_testing.ts";
import type { AdmissionContext } from "../contract.ts";
import { QuotaLedger } from "./ledger.ts";

async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => "accepted", (error: StatusError) => error.message);
}

/** A quota as its controller leaves it. */
async function limit(test: TestRegistry, name: string, spec: ResourceQuotaSpec, used: Record<string, string> = {}) {
  const quota = await test.client.create(resourcequotas, { metadata: { name, namespace: "default" }, spec });
  const none = Object.fromEntries(Object.keys(spec.hard ?? {}).map((key) => [key, "0"]));
  const status = { hard: spec.hard!, used: { ...none, ...used } };
  await test.client.update(resourcequotas, { ...quota, status }, { subresource: "status" });
}

async function usedOf(test: TestRegistry, name: string): Promise<Record<string, string> | undefined> {
  return (await test.client.get(resourcequotas, { namespace: "default", name })).status?.used;
}

function podWith(name: string, resources: ResourceRequirements, fields = {}) {
  return minimalPod(name, { containers: [{ name: "main", image: "busybox", resources }], ...fields });
}

const configMap = (name: string) => ({ metadata: { name, namespace: "default" } });

describe("ResourceQuota", () => {
  it("charges what is made, and refuses what there is no room for", async () => {
    await using test = await TestRegistry.open();
    await limit(test, "q", { hard: { pods: "2", "requests.cpu": "1", configmaps: "1" } });
    const half = { requests: { cpu: "600m" } };
    expect(await refusal(test.client.create(pods, podWith("a", half)))).toBe("accepted");
    expect(await usedOf(test, "q")).toEqual({ pods: "1", "requests.cpu": "600m", configmaps: "0" });
    expect(await refusal(test.client.create(pods, podWith("b", half)))).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1',
    );
    expect(await refusal(test.client.create(pods, minimalPod("b")))).toBe(
      'pods "b" is forbidden: failed quota: q: must specify requests.cpu for: main',
    );
    expect(await refusal(test.client.create(configmaps, configMap("a")))).toBe("accepted");
    expect(await refusal(test.client.create(configmaps, configMap("b")))).toContain(
      "exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1",
    );
    expect(await usedOf(test, "q")).toEqual({ pods: "1", "requests.cpu": "600m", configmaps: "1" });
  });

  it("lets no more through than there is room for, however many come at once, and writes the quota a few times only", async () => {
    await using test = await TestRegistry.open();
    await limit(test, "few", { hard: { configmaps: "7" } });
    await limit(test, "many", { hard: { "count/configmaps": "100" } });
    const before = Number((await test.client.list(configmaps)).metadata.resourceVersion);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => refusal(test.client.create(configmaps, configMap(`c${i}`)))),
    );
    expect(answers.filter((answer) => answer === "accepted").length).toBe(7);
    expect(await usedOf(test, "few")).toEqual({ configmaps: "7" });
    // The refused ones were charged nowhere.
    expect(await usedOf(test, "many")).toEqual({ "count/configmaps": "7" });
    const writes = Number((await test.client.list(configmaps)).metadata.resourceVersion) - before;
    expect(writes).toBeLessThan(7 + 7);
  });

  it("survives others who write the quota at the same time", async () => {
    await using test = await TestRegistry.open();
    await limit(test, "q", { hard: { configmaps: "50" } });
    const noise = async () => {
      for (let i = 0; i < 20; i++) {
        const patch = { metadata: { annotations: { turn: String(i) } } };
        await test.client.patch(resourcequotas, { namespace: "default", name: "q" }, { type: "merge", patch });
      }
    };
    const creates = async () => {
      for (let i = 0; i < 20; i++) await test.client.create(configmaps, configMap(`c${i}`));
    };
    await Promise.all([noise(), creates(), noise()]);
    expect(await usedOf(test, "q")).toEqual({ configmaps: "20" });
  });

  it("charges updates for what they add", async () => {
    await using test = await TestRegistry.open();
    await limit(test, "q", { hard: { "services.nodeports": "1", "requests.storage": "2Gi" } });
    const service = (type: string, ports: number[]): Service => ({
      metadata: { name: "s", namespace: "default" },
      spec: { type, ports: ports.map((port) => ({ name: `p${port}`, port })) },
    });
    await test.client.create(services, service("ClusterIP", [1, 2]));
    expect(await usedOf(test, "q")).toEqual({ "services.nodeports": "0", "requests.storage": "0" });
    const made = await test.client.get(services, { namespace: "default", name: "s" });
    const two = { ...made, spec: { ...made.spec, type: "NodePort" } };
    expect(await refusal(test.client.update(services, two))).toContain(
      "exceeded quota: q, requested: services.nodeports=2",
    );
    const one = { ...made, spec: { ...made.spec, type: "NodePort", ports: [made.spec!.ports![0]!] } };
    expect(await refusal(test.client.update(services, one))).toBe("accepted");
    expect((await usedOf(test, "q"))?.["services.nodeports"]).toBe("1");
  });

  it("counts in its scopes alone, and not before its use is known", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(resourcequotas, {
      metadata: { name: "new", namespace: "default" },
      spec: { hard: { pods: "0" } },
    });
    await limit(test, "bounded", { hard: { pods: "1" }, scopes: ["Terminating"] });
    expect(await refusal(test.client.create(pods, minimalPod("a")))).toBe("accepted");
    expect(await refusal(test.client.create(pods, minimalPod("b", { activeDeadlineSeconds: 9 })))).toBe("accepted");
    expect(await refusal(test.client.create(pods, minimalPod("c", { activeDeadlineSeconds: 9 })))).toContain(
      "exceeded quota: bounded, requested: pods=1, used: pods=1, limited: pods=1",
    );
  });

  it("charges nothing for dry runs, other namespaces and deletions", async () => {
    await using test = await TestRegistry.open();
    await limit(test, "q", { hard: { configmaps: "1" } });
    const request = { namespace: "default", object: configMap("a"), options: { ...plain, dryRun: true } };
    await test.store(configmaps).create(context, request);
    expect(await usedOf(test, "q")).toEqual({ configmaps: "0" });
    await test.client.create(configmaps, configMap("a"));
    const again = { ...request, object: configMap("b") };
    expect(await refusal(test.store(configmaps).create(context, again))).toContain("exceeded quota");
    await test.addNamespace("other");
    await test.client.create(configmaps, { metadata: { name: "a", namespace: "other" } });
    await test.client.delete(configmaps, { namespace: "default", name: "a" });
    expect(await usedOf(test, "q")).toEqual({ configmaps: "1" });
  });

  it("keeps what is limited by default from those without a quota", async () => {
    const limitedResources = [{
      resource: "persistentvolumeclaims",
      matchContains: ["gold.storageclass.storage.k8s.io/requests.storage"],
    }];
    await using test = await TestRegistry.open({ admission: { limitedResources } });
    const claim = (name: string, storageClassName: string) => ({
      metadata: { name, namespace: "default", creationTimestamp: formatTime(0) },
      spec: { storageClassName, accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    expect(await refusal(test.client.create(persistentvolumeclaims, claim("a", "plain")))).toBe("accepted");
    expect(await refusal(test.client.create(persistentvolumeclaims, claim("b", "gold")))).toContain(
      "insufficient quota to consume: gold.storageclass.storage.k8s.io/requests.storage",
    );
    await limit(test, "q", { hard: { "gold.storageclass.storage.k8s.io/requests.storage": "1Gi" } });
    expect(await refusal(test.client.create(persistentvolumeclaims, claim("b", "gold")))).toBe("accepted");
  });
});

describe("a quota that another server writes", () => {
  it("is charged once this server has heard of it", async () => {
    const clock = new ManualClock();
    const quota = (resourceVersion: string, used: string): ResourceQuota => ({
      metadata: { name: "q", namespace: "default", resourceVersion },
      spec: { hard: { configmaps: "9" } },
      status: { hard: { configmaps: "9" }, used: { configmaps: used } },
    });
    let known = quota("1", "0");
    const stored: ResourceQuota[] = [];
    const context = {
      clock,
      lookup: { find: () => known, all: () => [known] },
      swap: async (_: unknown, [next]: readonly ResourceQuota[]) => {
        if (next!.metadata.resourceVersion !== "2") return false;
        stored.push(next!);
        return true;
      },
    } as unknown as AdmissionContext;
    const request = { operation: "CREATE", subresource: "", namespace: "default", object: configMap("a") };
    const charged = new QuotaLedger([]).charge(
      request as unknown as Parameters<QuotaLedger["charge"]>[0],
      evaluatorOf("", "configmaps")!,
      context,
    );
    await clock.advance(15);
    expect(stored).toEqual([]);
    known = quota("2", "4");
    await clock.advance(100);
    await charged;
    expect(stored[0]?.status?.used).toEqual({ configmaps: "5" });
  });
});

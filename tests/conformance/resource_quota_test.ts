import { describe, expect, it } from "vitest";
import type { Resource } from "../../api/resource.ts";
import {
  configmaps,
  pods,
  replicasets,
  replicationcontrollers,
  resourcequotas,
  secrets,
  services,
} from "../../api/resources.ts";
import { retry } from "../e2e/retry.ts";
import { pathOf, typed } from "./api.ts";
import { liveThrough } from "./lifecycle.ts";
import { sharedApi } from "./shared_api.ts";

const merge = { "content-type": "application/merge-patch+json" };
const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "i" }] } };

interface Amounts {
  readonly requests?: Record<string, string>;
  readonly limits?: Record<string, string>;
}

function pod(name: string, resources: Amounts = {}, spec: Record<string, unknown> = {}) {
  return { metadata: { name }, spec: { containers: [{ name: "c", image: "i", resources }], ...spec } };
}

describe("a ResourceQuota", () => {
  const api = sharedApi();

  const create = (resource: Resource, namespace: string, object: Record<string, unknown>) =>
    api().call("POST", pathOf(resource, namespace), { body: typed(resource, object) });

  /** Makes a quota and waits until what is there has been counted. */
  async function quota(namespace: string, hard: Record<string, string>, scopes?: readonly string[], name = "quota") {
    const { code, json } = await create(resourcequotas, namespace, {
      metadata: { name },
      spec: { hard, ...(scopes && { scopes }) },
    });
    expect([code, json.message]).toEqual([201, undefined]);
    await retry("the count", async () => {
      const { json } = await api().call("GET", pathOf(resourcequotas, namespace, name));
      expect(json.status.hard).toEqual(hard);
    });
  }

  const used = (namespace: string, expected: Record<string, string>, name = "quota") =>
    retry(`the usage of ${name}`, async () => {
      const { json } = await api().call("GET", pathOf(resourcequotas, namespace, name));
      expect(json.status.used).toMatchObject(expected);
    });

  it("counts what is there as soon as it is made", async () => {
    const namespace = await api().namespace();
    await quota(namespace, { resourcequotas: "1", pods: "5" });
    await used(namespace, { resourcequotas: "1", pods: "0" });
  });

  it("counts ConfigMaps, Secrets, ReplicationControllers and ReplicaSets as they come and go", async () => {
    const kinds: readonly (readonly [Resource, string, Record<string, unknown>])[] = [
      [configmaps, "configmaps", {}],
      [secrets, "secrets", {}],
      [replicationcontrollers, "replicationcontrollers", { spec: { replicas: 0, selector: { app: "a" }, template } }],
      [replicasets, "count/replicasets.apps", {
        spec: { replicas: 0, selector: { matchLabels: { app: "a" } }, template },
      }],
    ];
    for (const [resource, name, object] of kinds) {
      const namespace = await api().namespace();
      // A new namespace gets its authority's ConfigMap on its own time.
      await retry("the namespace's own", async () => {
        expect((await api().call("GET", pathOf(configmaps, namespace))).json.items.length).toBe(1);
      });
      const before = resource === configmaps ? 1 : 0;
      await quota(namespace, { [name]: String(before + 1) });
      await used(namespace, { [name]: String(before) });
      expect((await create(resource, namespace, { metadata: { name: "one" }, ...object })).code).toBe(201);
      await used(namespace, { [name]: String(before + 1) });
      const refused = await create(resource, namespace, { metadata: { name: "two" }, ...object });
      expect([refused.code, refused.json.message]).toEqual([403, expect.stringContaining("exceeded quota: quota")]);
      await api().call("DELETE", pathOf(resource, namespace, "one"));
      await used(namespace, { [name]: String(before) });
    }
  });

  it("counts Services, and those with node ports and load balancers apart", async () => {
    const namespace = await api().namespace();
    await quota(namespace, { services: "10", "services.nodeports": "1", "services.loadbalancers": "1" });
    const service = (name: string, type: string) => ({ metadata: { name }, spec: { type, ports: [{ port: 80 }] } });
    await create(services, namespace, service("plain", "ClusterIP"));
    await create(services, namespace, service("port", "NodePort"));
    const refused = await create(services, namespace, service("balanced", "LoadBalancer"));
    expect([refused.code, refused.json.reason]).toEqual([403, "Forbidden"]);
    await used(namespace, { services: "2", "services.nodeports": "1", "services.loadbalancers": "0" });
    for (const name of ["plain", "port"]) await api().call("DELETE", pathOf(services, namespace, name));
    await used(namespace, { services: "0", "services.nodeports": "0" });
  });

  it("counts what Pods ask for, extended resources too, and holds them to it", async () => {
    const namespace = await api().namespace();
    const hard = {
      pods: "5",
      cpu: "1",
      memory: "500Mi",
      "requests.ephemeral-storage": "50Gi",
      "requests.skiff.test/widget": "3",
    };
    await quota(namespace, hard);
    const requests = { cpu: "500m", memory: "252Mi", "ephemeral-storage": "30Gi", "skiff.test/widget": "2" };
    const limits = { "skiff.test/widget": "2" };
    expect((await create(pods, namespace, pod("fits", { requests, limits }))).code).toBe(201);
    const taken = {
      pods: "1",
      cpu: "500m",
      memory: "252Mi",
      "requests.ephemeral-storage": "30Gi",
      "requests.skiff.test/widget": "2",
    };
    await used(namespace, taken);
    const tooMuch = pod("much", {
      requests: { ...requests, cpu: "600m", "skiff.test/widget": "1" },
      limits: { "skiff.test/widget": "1" },
    });
    expect((await create(pods, namespace, tooMuch)).json.message).toContain("exceeded quota");
    const tooMany = pod("many", {
      requests: { ...requests, cpu: "100m", memory: "100Mi", "ephemeral-storage": "1Gi" },
      limits,
    });
    expect((await create(pods, namespace, tooMany)).json.message).toContain("requests.skiff.test/widget=2");
    const changed = await api().call("PATCH", pathOf(pods, namespace, "fits"), {
      headers: { "content-type": "application/strategic-merge-patch+json" },
      body: { spec: { containers: [{ name: "c", resources: { requests: { cpu: "100m" } } }] } },
    });
    expect([changed.code, changed.json.reason]).toEqual([422, "Invalid"]);
    await used(namespace, taken);
    await api().call("DELETE", `${pathOf(pods, namespace, "fits")}?gracePeriodSeconds=0`);
    await used(namespace, { pods: "0", cpu: "0", memory: "0", "requests.skiff.test/widget": "0" });
  });

  it("counts by scope: Pods that end or not, and those that ask for nothing", async () => {
    const namespace = await api().namespace();
    for (const scope of ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort"]) {
      await quota(namespace, { pods: "5" }, [scope], scope.toLowerCase());
    }
    const counts = (terminating: string, not: string, best: string, notBest: string) =>
      Promise.all([
        used(namespace, { pods: terminating }, "terminating"),
        used(namespace, { pods: not }, "notterminating"),
        used(namespace, { pods: best }, "besteffort"),
        used(namespace, { pods: notBest }, "notbesteffort"),
      ]);
    await create(pods, namespace, pod("long"));
    await counts("0", "1", "1", "0");
    await create(pods, namespace, pod("short", { requests: { cpu: "1" } }, { activeDeadlineSeconds: 3600 }));
    await counts("1", "1", "1", "1");
    for (const name of ["long", "short"]) {
      await api().call("DELETE", `${pathOf(pods, namespace, name)}?gracePeriodSeconds=0`);
    }
    await counts("0", "0", "0", "0");
  });

  it("is read, replaced and deleted", async () => {
    const namespace = await api().namespace();
    await quota(namespace, { cpu: "1", memory: "500Mi" });
    const path = pathOf(resourcequotas, namespace, "quota");
    await retry("no conflict", async () => {
      const { json } = await api().call("GET", path);
      const replaced = await api().call("PUT", path, {
        body: { ...json, spec: { hard: { cpu: "2", memory: "1Gi" } } },
      });
      expect([replaced.code, replaced.json.spec.hard]).toEqual([200, { cpu: "2", memory: "1Gi" }]);
    });
    expect((await api().call("DELETE", path)).code).toBe(200);
    expect((await api().call("GET", path)).code).toBe(404);
  });

  it("lives its life", () =>
    liveThrough(api(), { resource: resourcequotas, object: { spec: { hard: { "requests.cpu": "1" } } } }));

  it("has a status that others write and its controller puts right", async () => {
    const namespace = await api().namespace();
    await quota(namespace, { cpu: "500m", memory: "500Mi" });
    const path = pathOf(resourcequotas, namespace, "quota");
    const written = await api().call("PATCH", `${path}/status`, {
      headers: merge,
      body: { metadata: { annotations: { written: "yes" } }, status: { hard: { cpu: "0", memory: "0" } } },
    });
    expect([written.code, written.json.status.hard]).toEqual([200, { cpu: "0", memory: "0" }]);
    expect(written.json.metadata.annotations).toEqual({ written: "yes" });
    await retry("the right figures", async () => {
      expect((await api().call("GET", path)).json.status.hard).toEqual({ cpu: "500m", memory: "500Mi" });
    });
  });
});

import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../api/meta/hash.ts";
import type { KubeObject, Resource } from "../../api/resource.ts";
import {
  controllerrevisions,
  cronjobs,
  daemonsets,
  jobs,
  poddisruptionbudgets,
  pods,
  replicationcontrollers,
  resourcequotas,
  statefulsets,
} from "../../api/resources.ts";
import { retry } from "../e2e/retry.ts";
import { pathOf, typed } from "./api.ts";
import { liveThrough } from "./lifecycle.ts";
import { sharedApi } from "./shared_api.ts";

const strategic = { "content-type": "application/strategic-merge-patch+json" };
const merge = { "content-type": "application/merge-patch+json" };
const containers = [{ name: "c", image: "i" }];
const template = { metadata: { labels: { app: "a" } }, spec: { containers } };
const jobTemplate = { spec: { template: { spec: { restartPolicy: "OnFailure", containers } } } };

describe("workloads, by their API", () => {
  const api = sharedApi({ hollowNodes: 1 });

  async function create(resource: Resource, namespace: string, object: Record<string, unknown>) {
    const { code, json, text } = await api().call("POST", pathOf(resource, namespace), {
      body: typed(resource, object),
    });
    if (code !== 201) throw new Error(text);
    return json;
  }
  const list = async (resource: Resource, namespace: string): Promise<KubeObject[]> =>
    (await api().call("GET", pathOf(resource, namespace))).json.items;
  const someOf = (resource: Resource, namespace: string, count: number) =>
    retry(`${count} ${resource.resource}`, async () => {
      const items = await list(resource, namespace);
      expect(items.length).toBe(count);
      return items;
    });
  const controller = (replicas: number) => ({
    metadata: { name: "rc" },
    spec: { replicas, selector: { app: "a" }, template },
  });

  it("CronJob", () =>
    liveThrough(api(), {
      resource: cronjobs,
      object: { spec: { schedule: "* */1 * * ?", concurrencyPolicy: "Allow", jobTemplate } },
      status: { lastScheduleTime: "2026-01-02T03:04:05Z" },
    }));

  it("Job", async () => {
    await liveThrough(api(), {
      resource: jobs,
      object: { spec: { suspend: true, parallelism: 2, completions: 4, ...jobTemplate.spec } },
    });
    const namespace = await api().namespace();
    const path = pathOf(jobs, namespace, "job");
    const spec = { suspend: true, parallelism: 2, completions: 2, ...jobTemplate.spec };
    await create(jobs, namespace, { metadata: { name: "job" }, spec });
    await retry("the condition", async () => {
      expect((await api().call("GET", path)).json.status.conditions).toMatchObject([{
        type: "Suspended",
        status: "True",
      }]);
    });
    expect(await list(pods, namespace)).toEqual([]);
    const resumed = await api().call("PATCH", path, { headers: strategic, body: { spec: { suspend: false } } });
    expect(resumed.json.spec.suspend).toBe(false);
    const made = await someOf(pods, namespace, 2);
    expect(made[0]!.metadata.labels).toMatchObject({ "batch.kubernetes.io/job-name": "job" });
    await api().call("DELETE", `${path}?propagationPolicy=Background`);
    await someOf(pods, namespace, 0);
  });

  it("PodDisruptionBudget", async () => {
    await liveThrough(api(), {
      resource: poddisruptionbudgets,
      object: { spec: { minAvailable: "1%", selector: { matchLabels: { app: "a" } } } },
      status: { disruptedPods: { gone: `${new Date().toISOString().slice(0, 19)}Z` } },
    });
    const [one, other] = [await api().namespace(), await api().namespace()];
    const path = pathOf(poddisruptionbudgets, one, "budget");
    for (const namespace of [one, other]) {
      const spec = { minAvailable: 1, selector: { matchLabels: { app: "a" } } };
      await create(poddisruptionbudgets, namespace, { metadata: { name: "budget" }, spec });
    }
    const changed = await api().call("PATCH", path, { headers: strategic, body: { spec: { minAvailable: "50%" } } });
    expect(changed.json.spec.minAvailable).toBe("50%");
    await retry("its status", async () => {
      const { json } = await api().call("GET", path);
      expect(json.status).toMatchObject({ observedGeneration: 2, expectedPods: 0, disruptionsAllowed: 0 });
    });
    await api().call("DELETE", pathOf(poddisruptionbudgets, one));
    expect(await list(poddisruptionbudgets, one)).toEqual([]);
    expect((await list(poddisruptionbudgets, other)).length).toBe(1);
  });

  it("a ReplicationController lets a Pod go whose labels fit no more", async () => {
    const namespace = await api().namespace();
    const { metadata } = await create(replicationcontrollers, namespace, controller(1));
    const [pod] = await someOf(pods, namespace, 1);
    expect(pod!.metadata.ownerReferences).toMatchObject([{ uid: metadata.uid, controller: true }]);
    const path = pathOf(pods, namespace, pod!.metadata.name!);
    await api().call("PATCH", path, { headers: strategic, body: { metadata: { labels: { app: "other" } } } });
    await someOf(pods, namespace, 2);
    await retry("the release", async () => {
      expect((await api().call("GET", path)).json.metadata.ownerReferences).toBeUndefined();
    });
  });

  it("a ReplicationController says that a quota stops it, until it wants no more than that", async () => {
    const namespace = await api().namespace();
    await create(resourcequotas, namespace, { metadata: { name: "two" }, spec: { hard: { pods: "2" } } });
    const path = pathOf(replicationcontrollers, namespace, "rc");
    await retry("the quota to count", async () => {
      const { json } = await api().call("GET", pathOf(resourcequotas, namespace, "two"));
      expect(json.status.used.pods).toBe("0");
    });
    await create(replicationcontrollers, namespace, controller(3));
    const failing = await retry("the condition", async () => {
      const { json } = await api().call("GET", path);
      expect(json.status.conditions).toMatchObject([{
        type: "ReplicaFailure",
        status: "True",
        reason: "FailedCreate",
      }]);
      return json;
    });
    await someOf(pods, namespace, 2);
    // It tries again from time to time and does not write each failure down.
    const later = await api().call("GET", path);
    expect(later.json.status.conditions[0]).toEqual(failing.status.conditions[0]);
    await api().call("PATCH", path, { headers: merge, body: { spec: { replicas: 2 } } });
    await retry("the condition to go", async () => {
      expect((await api().call("GET", path)).json.status.conditions).toBeUndefined();
    });
  });

  it("ControllerRevision", async () => {
    const data = { spec: { template } };
    await liveThrough(api(), { resource: controllerrevisions, object: { revision: 1, data } });
    const namespace = await api().namespace();
    const set = await create(daemonsets, namespace, {
      metadata: { name: "set" },
      spec: { selector: { matchLabels: { app: "a" } }, template },
    });
    const [revision] = await someOf(controllerrevisions, namespace, 1);
    expect(revision!.metadata.labels).toMatchObject({ app: "a", "controller-revision-hash": expect.any(String) });
    // Clients compare the bytes with the template as Go writes it, the keys of all objects in order.
    const { text } = await api().call("GET", pathOf(controllerrevisions, namespace, revision!.metadata.name!));
    expect(text).toContain(
      `"data":${canonicalJson({ spec: { template: { ...set.spec.template, $patch: "replace" } } })}`,
    );
  });

  it("a StatefulSet waits longer and longer where its Pod is refused, and starts it when it no longer is", async () => {
    const namespace = await api().namespace();
    const spec = {
      nodeName: "hollow-0",
      containers: [{ name: "c", image: "i", ports: [{ containerPort: 80, hostPort: 8017 }] }],
    };
    await create(pods, namespace, { metadata: { name: "first" }, spec });
    await retry("the Pod in the way to run", async () => {
      expect((await api().call("GET", pathOf(pods, namespace, "first"))).json.status.phase).toBe("Running");
    });
    await create(statefulsets, namespace, {
      metadata: { name: "set" },
      spec: {
        serviceName: "set",
        selector: { matchLabels: { app: "a" } },
        template: { metadata: { labels: { app: "a" } }, spec },
      },
    });
    const path = pathOf(pods, namespace, "set-0");
    await retry("the refusal", async () => {
      const { json } = await api().call("GET", path);
      expect([json.status.phase, json.status.reason]).toEqual(["Failed", "NodePorts"]);
    });
    await api().call("DELETE", `${pathOf(pods, namespace, "first")}?gracePeriodSeconds=0`);
    await retry("the set's Pod to run", async () => {
      expect((await api().call("GET", path)).json.status.phase).toBe("Running");
    });
  });
});

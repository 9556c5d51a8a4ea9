import { describe, expect, it } from "vitest";
import type { Resource } from "../../api/resource.ts";
import {
  daemonsets,
  deployments,
  jobs,
  pods,
  replicasets,
  replicationcontrollers,
  statefulsets,
} from "../../api/resources.ts";
import { retry } from "../e2e/retry.ts";
import { pathOf, typed } from "./api.ts";
import { liveThrough } from "./lifecycle.ts";
import { sharedApi } from "./shared_api.ts";

const merge = { "content-type": "application/merge-patch+json" };
const spec = { containers: [{ name: "c", image: "i" }] };
const template = { metadata: { labels: { app: "a" } }, spec };
const selector = { matchLabels: { app: "a" } };
const condition = { type: "StatusUpdate", status: "True", reason: "Test", message: "by a test" };

interface Kind {
  readonly resource: Resource;
  readonly spec: Record<string, unknown>;
  /** Where its status tells how many Pods are ready. */
  readonly ready: string;
  readonly scales: boolean;
}

const kinds: Readonly<Record<string, Kind>> = {
  Deployment: { resource: deployments, spec: { selector, template }, ready: "readyReplicas", scales: true },
  ReplicaSet: { resource: replicasets, spec: { selector, template }, ready: "readyReplicas", scales: true },
  ReplicationController: {
    resource: replicationcontrollers,
    spec: { selector: { app: "a" }, template },
    ready: "readyReplicas",
    scales: true,
  },
  StatefulSet: {
    resource: statefulsets,
    spec: { selector, template, serviceName: "web" },
    ready: "readyReplicas",
    scales: true,
  },
  DaemonSet: { resource: daemonsets, spec: { selector, template }, ready: "numberReady", scales: false },
};

describe("workloads, on a hollow node", () => {
  const api = sharedApi({ hollowNodes: 1 });

  for (const [title, kind] of Object.entries(kinds)) {
    it(`${title} is made, changed, told of and deleted`, () =>
      liveThrough(api(), {
        resource: kind.resource,
        object: { spec: kind.spec },
        status: { conditions: [condition] },
      }));

    it(`${title} makes its Pods, and as many as its scale says`, async () => {
      const { resource, ready, scales } = kind;
      const namespace = await api().namespace();
      const path = pathOf(resource, namespace, "web");
      const created = await api().call("POST", pathOf(resource, namespace), {
        body: typed(resource, { metadata: { name: "web" }, spec: kind.spec }),
      });
      expect([created.code, created.json.message]).toEqual([201, undefined]);
      const readyPods = (count: number) =>
        retry(`${count} ready Pods`, async () => {
          const { json } = await api().call("GET", path);
          expect([json.status[ready] ?? 0, json.status.observedGeneration]).toEqual([count, json.metadata.generation]);
        });
      await readyPods(1);
      if (scales) {
        const { json: scale } = await api().call("GET", `${path}/scale`);
        expect(scale).toMatchObject({ kind: "Scale", apiVersion: "autoscaling/v1", spec: { replicas: 1 } });
        expect(scale.status).toMatchObject({ replicas: 1, selector: expect.stringContaining("app=a") });
        const two = await api().call("PUT", `${path}/scale`, {
          body: { ...scale, metadata: { ...scale.metadata, resourceVersion: "" }, spec: { replicas: 2 } },
        });
        expect([two.code, two.json.spec.replicas]).toEqual([200, 2]);
        await readyPods(2);
        const three = await api().call("PATCH", `${path}/scale`, { headers: merge, body: { spec: { replicas: 3 } } });
        expect([three.code, three.json.spec.replicas]).toEqual([200, 3]);
        await readyPods(3);
      }
      await api().call("DELETE", `${path}?propagationPolicy=Background`);
      await retry("its Pods to be gone", async () => {
        expect((await api().call("GET", pathOf(pods, namespace))).json.items).toEqual([]);
      });
    });
  }

  it("a Job's status is written beside what its controller counts", () =>
    liveThrough(api(), {
      resource: jobs,
      object: { spec: { template: { spec: { ...spec, restartPolicy: "Never" } } } },
      status: { conditions: [{ ...condition, type: "CustomConditionType" }] },
    }));

  it("an old ReplicaSet goes when the Deployment's history is long enough", async () => {
    const namespace = await api().namespace();
    const path = pathOf(deployments, namespace, "web");
    const body = typed(deployments, {
      metadata: { name: "web" },
      spec: { selector, template, revisionHistoryLimit: 0 },
    });
    await api().call("POST", pathOf(deployments, namespace), { body });
    const images = async (): Promise<string[]> =>
      (await api().call("GET", pathOf(replicasets, namespace))).json.items.map((
        { spec }: { spec: { template: { spec: { containers: { image: string }[] } } } },
      ) => spec.template.spec.containers[0]!.image);
    await retry("the first ReplicaSet", async () => expect(await images()).toEqual(["i"]));
    const next = { spec: { template: { spec: { containers: [{ name: "c", image: "next" }] } } } };
    await api().call("PATCH", path, { headers: merge, body: next });
    await retry("the second alone", async () => expect(await images()).toEqual(["next"]));
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatTime } from "../../api/meta/time.ts";
import type { KubeObject, Resource } from "../../api/resource.ts";
import {
  controllerrevisions,
  cronjobs,
  daemonsets,
  jobs,
  nodes,
  persistentvolumeclaims,
  pods,
  statefulsets,
} from "../../api/resources.ts";
import type { Pod, PodTemplateSpec } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import { createEventRecorder } from "../../client/event_recorder.ts";
import { createInformerFactory } from "../../client/informers.ts";
import { TestRegistry } from "../apiserver/registry/_testing.ts";
import { cronJobController } from "./cronjob/cronjob.ts";
import { daemonSetController } from "./daemonset/daemonset.ts";
import { nodeOf } from "./daemonset/placement.ts";
import { garbageCollector } from "./garbage_collector/garbage_collector.ts";
import { jobController } from "./job/job.ts";
import { ttlAfterFinished } from "./job/ttl.ts";
import { ControllerMetrics } from "./metrics.ts";
import { nodeLifecycle } from "./node_lifecycle/node_lifecycle.ts";
import { taintEviction } from "./node_lifecycle/taint_eviction.ts";
import { podGc } from "./pod_gc/pod_gc.ts";
import { prepareController } from "./runner.ts";
import { statefulSetController } from "./statefulset/statefulset.ts";

const factories = [
  garbageCollector,
  podGc,
  nodeLifecycle,
  taintEviction,
  daemonSetController,
  jobController,
  ttlAfterFinished,
  statefulSetController,
  cronJobController,
];

describe("workload controllers, on the real registry", () => {
  let test: TestRegistry;
  let client: Client;
  let stop: AbortController;
  let ended: Promise<unknown>;

  beforeEach(async () => {
    test = await TestRegistry.open();
    ({ client } = test);
    stop = new AbortController();
    const { clock } = test;
    const { signal } = stop;
    const events = createEventRecorder(client, { clock, signal, component: "test" });
    const informers = createInformerFactory(client, { clock });
    const context = { client, clock, signal, events, informers };
    const metrics = new ControllerMetrics();
    const prepared = factories.map((make) => prepareController(make(context), { clock, signal, metrics }));
    informers.start(signal);
    await informers.whenSynced(signal);
    ended = Promise.all(prepared.map((run) => run()));
  });

  afterEach(async () => {
    stop.abort();
    await ended;
    await test[Symbol.asyncDispose]();
  });

  async function all<T extends KubeObject>(resource: Resource<T>): Promise<readonly T[]> {
    return (await client.list(resource)).items;
  }

  /** Lets what is under way happen until the condition holds; the clock moves a little, so that back-offs pass. */
  async function until(title: string, holds: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 500; i++) {
      if (await holds()) return;
      await test.clock.advance(20);
    }
    throw new Error(`did not come to pass: ${title}`);
  }

  async function report(pod: Pod, status: NonNullable<Pod["status"]>): Promise<void> {
    const target = { namespace: "default", name: pod.metadata.name! };
    await client.patch(pods, target, { type: "merge", patch: { status } }, { subresource: "status" });
  }

  /** What agents would do: run what is new, end what is to go. */
  async function playAgents(): Promise<void> {
    for (const pod of await all(pods)) {
      const target = { namespace: "default", name: pod.metadata.name! };
      if (pod.metadata.deletionTimestamp !== undefined) await client.delete(pods, target, { gracePeriodSeconds: 0 });
      else if (pod.status?.phase === "Pending") {
        const conditions = [{ type: "Ready", status: "True", lastTransitionTime: formatTime(test.clock.now()) }];
        await report(pod, { phase: "Running", conditions });
      }
    }
  }

  const template = (image = "i:1", restartPolicy?: string): PodTemplateSpec => ({
    metadata: { labels: { app: "it" } },
    spec: { containers: [{ name: "c", image }], ...(restartPolicy ? { restartPolicy } : {}) },
  });
  const meta = { metadata: { name: "it", namespace: "default" } };
  const target = { namespace: "default", name: "it" };
  const selector = { matchLabels: { app: "it" } };

  async function addNode(name: string): Promise<void> {
    await client.create(nodes, { metadata: { name }, spec: {} });
    const status = { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: formatTime(test.clock.now()) }] };
    await client.patch(nodes, { name }, { type: "merge", patch: { status } }, { subresource: "status" });
  }

  async function comesToRest(): Promise<void> {
    await test.clock.advance(1000);
    const version = async () => (await client.list(pods)).metadata.resourceVersion;
    const before = await version();
    await test.clock.advance(5000);
    expect(await version()).toBe(before);
  }

  it("runs a DaemonSet, updates it and deletes it in the foreground", async () => {
    await addNode("n1");
    await addNode("n2");
    await client.create(daemonsets, { ...meta, spec: { selector, template: template() } });
    await until("a Pod on each node", async () => {
      await playAgents();
      return (await all(daemonsets))[0]?.status?.numberAvailable === 2;
    });
    expect((await all(pods)).map(nodeOf).sort()).toEqual(["n1", "n2"]);
    await comesToRest();
    await client.patch(daemonsets, target, { type: "strategic", patch: { spec: { template: template("i:2") } } });
    await until("all of the new template", async () => {
      await playAgents();
      const [live] = await all(daemonsets);
      return live?.status?.observedGeneration === 2 && live.status.updatedNumberScheduled === 2 &&
        live.status.numberAvailable === 2;
    });
    expect(await all(controllerrevisions)).toHaveLength(2);
    await client.delete(daemonsets, target, { propagationPolicy: "Foreground" });
    await until("nothing left", async () => {
      await playAgents();
      const left = await Promise.all([daemonsets, pods, controllerrevisions].map((one) => all<KubeObject>(one)));
      return left.flat().length === 0;
    });
  });

  it("runs a StatefulSet with claims, in order", async () => {
    const volumeClaimTemplates = [{
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    }];
    const spec = { serviceName: "it", replicas: 2, selector, template: template(), volumeClaimTemplates };
    await client.create(statefulsets, { ...meta, spec });
    const isRolledOut = async (generation: number) => {
      await playAgents();
      const { status } = (await all(statefulsets))[0]!;
      return status?.observedGeneration === generation && status.readyReplicas === 2 && status.updatedReplicas === 2 &&
        status.currentRevision === status.updateRevision;
    };
    await until("two Pods", () => isRolledOut(1));
    expect((await all(persistentvolumeclaims)).map(({ metadata }) => metadata.name)).toEqual([
      "data-it-0",
      "data-it-1",
    ]);
    await comesToRest();
    await client.patch(statefulsets, target, { type: "strategic", patch: { spec: { template: template("i:2") } } });
    await until("two Pods of the new template", () => isRolledOut(2));
    expect((await all(pods)).map(({ spec }) => spec.containers[0]?.image)).toEqual(["i:2", "i:2"]);
    await comesToRest();
  });

  it("runs a CronJob's Job to completion, and deletes all with the CronJob", async () => {
    const jobTemplate = { spec: { completions: 2, parallelism: 2, template: template("i", "Never") } };
    await client.create(cronjobs, { ...meta, spec: { schedule: "*/1 * * * *", jobTemplate } });
    // Its timer is set by then.
    await comesToRest();
    await test.clock.advance(60_000);
    await until("two Pods", async () => (await all(pods)).length === 2);
    for (const pod of await all(pods)) await report(pod, { phase: "Succeeded" });
    await until("a complete Job", async () => (await all(jobs))[0]?.status?.completionTime !== undefined);
    const [job] = await all(jobs);
    expect(job?.status).toMatchObject({ succeeded: 2 });
    expect(job?.status?.conditions?.map(({ type }) => type)).toEqual(["SuccessCriteriaMet", "Complete"]);
    expect((await all(pods)).flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
    await until("success noted", async () => (await all(cronjobs))[0]?.status?.lastSuccessfulTime !== undefined);
    await client.delete(cronjobs, target, { propagationPolicy: "Background" });
    await until("nothing left", async () => {
      await playAgents();
      return (await all(jobs)).length + (await all(pods)).length === 0;
    });
  });

  it("says of a silent node that nothing is known of it", async () => {
    await addNode("n1");
    await addNode("n2");
    await test.clock.advance(41_000);
    await until(
      "unknown",
      async () =>
        (await all(nodes)).every(({ status }) => status?.conditions?.every((one) => one.status === "Unknown")),
    );
    const [node] = await all(nodes);
    expect(node?.status?.conditions?.map(({ type }) => type).sort()).toEqual([
      "DiskPressure",
      "MemoryPressure",
      "PIDPressure",
      "Ready",
    ]);
    await until(
      "tainted",
      async () =>
        (await all(nodes)).every(({ spec }) =>
          spec.taints?.some(({ key }) => key === "node.kubernetes.io/unreachable")
        ),
    );
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject, Resource } from "../../api/resource.ts";
import {
  configmaps,
  deployments,
  endpoints,
  endpointslices,
  events,
  namespaces,
  pods,
  replicasets,
  secrets,
  serviceaccounts,
  services,
} from "../../api/resources.ts";
import type { Client } from "../../client/client.ts";
import { TestRegistry } from "../apiserver/registry/_testing.ts";
import { CaBundle } from "./serviceaccount/ca_bundle.ts";
import { type RunningControllers, startControllers } from "./start.ts";

describe("startControllers, on the real registry", () => {
  let test: TestRegistry;
  let client: Client;
  let stop: AbortController;
  let running: RunningControllers;

  beforeEach(async () => {
    test = await TestRegistry.open();
    client = test.client;
    stop = new AbortController();
    running = await startControllers({
      client,
      clock: test.clock,
      signal: stop.signal,
      caBundle: new CaBundle("PEM"),
      tokenIssuer: { issueForSecret: () => Promise.resolve("TOKEN") },
      signRequest: () => "CERTIFICATE",
      clusterCidr: "10.42.0.0/16",
      reservedNames: () => Promise.resolve({ names: [], networks: [] }),
      resources: () => test.registry.resources(),
    });
  });

  afterEach(async () => {
    stop.abort();
    await running.ended;
    await test[Symbol.asyncDispose]();
  });

  async function all<T extends KubeObject>(resource: Resource<T>, namespace = "default"): Promise<readonly T[]> {
    return (await client.list(resource, { namespace })).items;
  }

  /** Lets what is under way happen until the condition holds; the clock moves a little, so that back-offs pass. */
  async function until(title: string, holds: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 500; i++) {
      if (await holds()) return;
      await test.clock.advance(20);
    }
    throw new Error(`did not come to pass: ${title}`);
  }

  /** What a node's agent and the scheduler would do. */
  async function runPods(): Promise<void> {
    for (const [index, pod] of (await all(pods)).entries()) {
      if (pod.status?.phase === "Running" || pod.metadata.deletionTimestamp) continue;
      const target = { namespace: "default", name: pod.metadata.name! };
      const podIP = `10.42.0.${index + 1}`;
      const conditions = [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }];
      const patch = { status: { phase: "Running", podIP, podIPs: [{ ip: podIP }], conditions } };
      await client.patch(pods, target, { type: "merge", patch }, { subresource: "status" });
    }
  }

  const deployment = (replicas: number, image: string) => ({
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image }] } },
    },
  });

  async function rolledOut(image: string): Promise<boolean> {
    await runPods();
    const [live] = await all(deployments);
    const { observedGeneration, availableReplicas, updatedReplicas, replicas } = live?.status ?? {};
    const images = (await all(pods)).map(({ spec }) => spec.containers[0]?.image);
    return observedGeneration === live?.metadata.generation && images.every((one) => one === image) &&
      [availableReplicas, updatedReplicas, replicas].every((count) => count === live?.spec.replicas);
  }

  it("rolls a Deployment out, updates it, shows its endpoints and takes all of it away", async () => {
    await client.create(deployments, deployment(3, "v1"));
    await client.create(services, {
      metadata: { name: "web", namespace: "default" },
      spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
    });
    await until("three Pods of v1", () => rolledOut("v1"));
    await until("three endpoints", async () => {
      const [slice] = await all(endpointslices);
      const [endpoint] = await all(endpoints);
      return slice?.endpoints?.length === 3 && endpoint?.subsets?.[0]?.addresses?.length === 3;
    });
    const patch = { spec: { template: { spec: { containers: [{ name: "c", image: "v2" }] } } } };
    await client.patch(deployments, { namespace: "default", name: "web" }, { type: "strategic", patch });
    await until("three Pods of v2", () => rolledOut("v2"));
    expect((await all(replicasets)).map(({ spec }) => spec.replicas).sort()).toEqual([0, 3]);
    const told = new Set((await all(events)).map(({ reason, source }) => `${source?.component}: ${reason}`));
    expect([...told].sort()).toEqual([
      "deployment-controller: ScalingReplicaSet",
      "replicaset-controller: SuccessfulCreate",
      "replicaset-controller: SuccessfulDelete",
    ]);
    await client.delete(deployments, { namespace: "default", name: "web" }, { propagationPolicy: "Foreground" });
    await client.delete(services, { namespace: "default", name: "web" });
    await until("nothing left", async () => {
      const left = await Promise.all(
        [deployments, replicasets, pods, endpointslices, endpoints].map((one) => all<KubeObject>(one)),
      );
      return left.every((objects) => objects.length === 0);
    });
  });

  it("comes to rest: nothing is written while nothing changes", async () => {
    await client.create(deployments, deployment(2, "v1"));
    await client.create(services, {
      metadata: { name: "web", namespace: "default" },
      spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }], clusterIP: "None" },
    });
    await until("two Pods", () => rolledOut("v1"));
    await test.clock.advance(1000);
    const version = async () => (await client.list(pods)).metadata.resourceVersion;
    const before = await version();
    await test.clock.advance(30_000);
    expect(await version()).toBe(before);
  });

  it("fits a new namespace out and empties it again", async () => {
    await client.create(namespaces, { metadata: { name: "work" }, spec: {} });
    await until(
      "an account and the authorities",
      async () => (await all(serviceaccounts, "work")).length === 1 && (await all(configmaps, "work")).length === 1,
    );
    await client.create(deployments, { ...deployment(2, "v1"), metadata: { name: "web", namespace: "work" } });
    await client.create(secrets, {
      metadata: { name: "token", namespace: "work", annotations: { "kubernetes.io/service-account.name": "default" } },
      type: "kubernetes.io/service-account-token",
    });
    await until(
      "Pods and a token",
      async () =>
        (await all(pods, "work")).length === 2 && (await all(secrets, "work"))[0]?.data?.["token"] === btoa("TOKEN"),
    );
    await client.delete(namespaces, { name: "work" });
    await until(
      "the namespace is gone",
      async () => (await client.list(namespaces)).items.every(({ metadata }) => metadata.name !== "work"),
    );
    expect(await all(deployments, "work")).toEqual([]);
    expect(await all(pods, "work")).toEqual([]);
  });
});

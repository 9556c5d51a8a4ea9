import { describe, expect, it } from "vitest";
import {
  bindings,
  configmaps,
  deployments,
  endpoints,
  events,
  horizontalpodautoscalers,
  horizontalpodautoscalersV1,
  localsubjectaccessreviews,
  nodes,
  pods,
  replicationcontrollers,
  serviceaccounts,
  services,
  subjectaccessreviews,
  tokenreviews,
} from "../../../api/resources.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { StatusError } from "../../../api/status.ts";
import type { Scale } from "../../../api/types/autoscaling_v1.ts";
import type { TokenRequest } from "../../../api/types/authentication_v1.ts";
import type { Event as EventV1 } from "../../../api/types/events_v1.ts";
import type { Binding, Service } from "../../../api/types/core_v1.ts";
import type { ObjectMeta } from "../../../api/types/meta_v1.ts";
import { openMemory } from "../../../datastore/memory/memory_datastore.ts";
import { createInProcessClient } from "../in_process.ts";
import { createInformerFactory } from "../../../client/informers.ts";
import { bootstrap } from "./bootstrap.ts";
import { keepBasics } from "./keep_basics.ts";
import { admin, copyOf, minimalPod, TestRegistry } from "./_testing.ts";

const target = { namespace: "default", name: "a" };

async function failure(promise: Promise<unknown>): Promise<StatusError> {
  return promise.then(() => {
    throw new Error("it should have failed");
  }, (error) => error as StatusError);
}

function deployment() {
  return {
    metadata: { name: "a", namespace: "default" },
    spec: {
      selector: { matchLabels: { app: "a" } },
      template: { metadata: { labels: { app: "a" } }, spec: minimalPod("x").spec },
    },
  };
}

describe("scale", () => {
  const scales = deployments as unknown as Resource<Scale & KubeObject>;

  it("shows and changes the replicas alone", async () => {
    await using test = await TestRegistry.open();
    const made = await test.client.create(deployments, deployment());
    const scale = await test.client.get(scales, target, { subresource: "scale" });
    expect(scale).toEqual({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      metadata: {
        name: "a",
        namespace: "default",
        uid: made.metadata.uid,
        resourceVersion: made.metadata.resourceVersion,
        creationTimestamp: made.metadata.creationTimestamp,
      },
      spec: { replicas: 1 },
      status: { replicas: 0, selector: "app=a" },
    });
    const scaled = await test.client.update(scales, { ...copyOf(scale), spec: { replicas: 4 } }, {
      subresource: "scale",
    });
    expect(scaled.spec).toEqual({ replicas: 4 });
    const patched = await test.client.patch(scales, target, { type: "merge", patch: { spec: { replicas: 0 } } }, {
      subresource: "scale",
    });
    expect(patched.spec?.replicas ?? 0).toBe(0);
    const stored = await test.client.get(deployments, target);
    expect(stored.spec.replicas).toBe(0);
    expect(stored.metadata.generation).toBe(3);
    const negative = { ...copyOf(scale), metadata: { ...target }, spec: { replicas: -1 } };
    expect((await failure(test.client.update(scales, negative, { subresource: "scale" }))).message)
      .toContain("spec.replicas: Invalid value: -1");
    const ofAnother = await failure(
      test.client.patch(scales, target, { type: "merge", patch: { metadata: { uid: "other" } } }, {
        subresource: "scale",
      }),
    );
    expect(ofAnother.code).toBe(409);
    expect(ofAnother.message).toBe(
      `Operation cannot be fulfilled on deployments/scale.apps "a": Precondition failed: UID in precondition: other, UID in object meta: ${made.metadata.uid}`,
    );
  });
});

describe("binding", () => {
  it("sets the node once", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(pods, minimalPod("a"));
    const bind = (node: string) =>
      test.client.create(bindings, { metadata: { ...target }, target: { kind: "Node", name: node } });
    await bind("n1");
    const bound = await test.client.get(pods, target);
    expect(bound.spec.nodeName).toBe("n1");
    expect(bound.status?.conditions?.[0]).toMatchObject({ type: "PodScheduled", status: "True" });
    const again = await failure(bind("n2"));
    expect(again.reason).toBe("Conflict");
    expect(again.message).toContain('"a": pod a is already assigned to node "n1"');
  });

  it("brings labels and annotations", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(pods, {
      ...minimalPod("a"),
      metadata: { ...target, labels: { app: "a", rank: "0" }, annotations: { kept: "yes" } },
    });
    const metadata = { ...target, labels: { rank: "7" }, annotations: { device: "d0" } };
    await test.client.create(bindings, { metadata, target: { kind: "Node", name: "n1" } });
    const { labels, annotations } = (await test.client.get(pods, target)).metadata;
    expect(labels).toEqual({ app: "a", rank: "7" });
    expect(annotations).toEqual({ kept: "yes", device: "d0" });
  });

  it("refuses another Pod's name, a target that is no node, and a Pod that is another or was changed", async () => {
    await using test = await TestRegistry.open();
    const pod = await test.client.create(pods, minimalPod("a"));
    const binds = pods as unknown as Resource<Binding & KubeObject>;
    const bind = (metadata: ObjectMeta, to: Binding["target"] = { kind: "Node", name: "n1" }) => {
      const binding = { metadata: { namespace: "default", ...metadata }, target: to };
      return failure(test.client.create(binds, binding, { name: "a", subresource: "binding" }));
    };
    for (const metadata of [{ name: "b" }, {}]) {
      expect(await bind(metadata)).toMatchObject({
        code: 400,
        message: "name in URL does not match name in Binding object",
      });
    }
    const unnamed = test.client.create(bindings, { metadata: { namespace: "default" }, target: { name: "n1" } });
    expect(await failure(unnamed)).toMatchObject({ code: 400, message: "Name parameter required." });
    expect((await bind(target, { kind: "Pod" })).status.details?.causes?.map(({ field }) => field))
      .toEqual(["target.kind", "target.name"]);
    expect((await bind({ ...target, uid: "other" })).message).toContain("UID in precondition: other");
    const stale = await bind({ ...target, resourceVersion: "1" });
    expect(stale.reason).toBe("Conflict");
    expect(stale.message).toContain(
      `ResourceVersion in precondition: 1, ResourceVersion in object meta: ${pod.metadata.resourceVersion}`,
    );
    expect((await test.client.get(pods, target)).spec.nodeName).toBeUndefined();
  });
});

describe("token", () => {
  const requests = serviceaccounts as unknown as Resource<TokenRequest & KubeObject>;
  const ask = (test: TestRegistry, spec: TokenRequest["spec"]) =>
    test.client.create(requests, { metadata: { namespace: "default" }, spec }, {
      name: "default",
      subresource: "token",
    });

  it("is bound to the Pod that runs as the account", async () => {
    await using test = await TestRegistry.open();
    const node = await test.client.create(nodes, { metadata: { name: "n1" }, spec: {} });
    const pod = await test.client.create(pods, minimalPod("a", { nodeName: "n1" }));
    const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: "a", uid: pod.metadata.uid! };
    const answer = await ask(test, { audiences: [], expirationSeconds: 3607, boundObjectRef });
    expect(answer.status).toEqual({ token: "token-1", expirationTimestamp: "2026-01-01T01:00:00Z" });
    expect(test.tokens[0]).toMatchObject({
      namespace: "default",
      serviceAccount: { name: "default" },
      audiences: ["https://kubernetes.default.svc"],
      expirationSeconds: 3607,
      boundObject: { kind: "Pod", name: "a", uid: pod.metadata.uid },
      node: { name: "n1", uid: node.metadata.uid },
    });
    const stale = await failure(ask(test, { audiences: [], boundObjectRef: { ...boundObjectRef, uid: "other" } }));
    expect(stale.code).toBe(409);
    expect((await failure(ask(test, { audiences: [], expirationSeconds: 60 }))).code).toBe(422);
  });
});

describe("other versions", () => {
  const eventsV1 = { ...events, group: "events.k8s.io" } as unknown as Resource<EventV1>;

  it("events.k8s.io shows core's events under its own names", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(events, {
      metadata: { ...target },
      involvedObject: { kind: "Pod", namespace: "default", name: "p" },
      reason: "Started",
      message: "it did",
      type: "Normal",
      count: 2,
    });
    const shown = await test.client.get(eventsV1, target);
    expect(shown).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      regarding: { name: "p" },
      note: "it did",
      deprecatedCount: 2,
    });
    const series = { count: 3, lastObservedTime: "2026-01-02T03:04:05.000000Z" };
    await test.client.patch(eventsV1, target, { type: "merge", patch: { series } });
    expect((await test.client.get(events, target)).series).toEqual(series);
    const changed = await failure(test.client.patch(eventsV1, target, { type: "merge", patch: { note: "again" } }));
    expect(changed.message).toBe('Event "a" is invalid: message: Invalid value: "again": field is immutable');
    const finalizers = { metadata: { finalizers: ["plain"] } };
    const unknown = await failure(test.client.patch(eventsV1, target, { type: "merge", patch: finalizers }));
    expect(unknown.message).toContain('metadata.finalizers[0]: Invalid value: "plain": name is neither');
    await test.client.patch(events, target, { type: "merge", patch: finalizers });
  });

  it("autoscaling/v1 keeps the CPU target", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(horizontalpodautoscalersV1, {
      metadata: { ...target },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" },
        maxReplicas: 3,
        targetCPUUtilizationPercentage: 70,
      },
    });
    const stored = await test.client.get(horizontalpodautoscalers, target);
    expect(stored.spec.metrics?.[0]?.resource).toEqual({
      name: "cpu",
      target: { type: "Utilization", averageUtilization: 70 },
    });
    const shown = await test.client.get(horizontalpodautoscalersV1, target);
    expect(shown.spec.targetCPUUtilizationPercentage).toBe(70);
    expect(shown.metadata.resourceVersion).toBe(stored.metadata.resourceVersion);
  });

  it("autoscaling/v2 has fields for what autoscaling/v1 says in annotations, and keeps none of those", async () => {
    await using test = await TestRegistry.open();
    const annotations = {
      "autoscaling.alpha.kubernetes.io/metrics": "[]",
      "autoscaling.alpha.kubernetes.io/scale-up-tolerance": "1",
    };
    const made = await test.client.create(horizontalpodautoscalers, {
      metadata: { ...target, annotations },
      spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" }, maxReplicas: 3 },
    });
    expect(made.metadata.annotations).toBe(undefined);
    const patch = { metadata: { annotations: { ...annotations, other: "kept" } } };
    for (const subresource of ["", "status"]) {
      const patched = await test.client.patch(horizontalpodautoscalers, target, { type: "merge", patch }, {
        subresource,
      });
      expect(patched.metadata.annotations).toEqual({ other: "kept" });
    }
  });
});

describe("reviews", () => {
  it("ask who answers for authentication and authorisation", async () => {
    await using test = await TestRegistry.open({
      reviews: {
        authenticate: async (token) => token === "good" ? { user: admin, audiences: ["x"] } : undefined,
        authorize: async (user, { resourceAttributes }) => ({
          allowed: user.name === "ann" && resourceAttributes?.verb === "get",
          reason: "because",
        }),
        rules: async () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }),
      },
    });
    const good = await test.client.create(tokenreviews, { metadata: {}, spec: { token: "good" } });
    expect(good.status).toMatchObject({ authenticated: true, user: { username: "admin" } });
    const bad = await test.client.create(tokenreviews, { metadata: {}, spec: { token: "bad" } });
    expect(bad.status).toEqual({ user: {}, error: "invalid bearer token" });
    const access = await test.client.create(subjectaccessreviews, {
      metadata: {},
      spec: { user: "ann", resourceAttributes: { verb: "get", resource: "pods" } },
    });
    expect(access.status).toEqual({ allowed: true, reason: "because" });
    const spec = { user: "ann", resourceAttributes: { verb: "get", resource: "pods" } };
    const ask = (metadata: { name?: string; namespace?: string; creationTimestamp?: string }) =>
      test.client.create(subjectaccessreviews, { metadata, spec }).then(() => "answered", ({ message }) => message);
    expect(await ask({ creationTimestamp: "2026-01-01T00:00:00Z" })).toBe("answered");
    expect(await ask({ name: "x" })).toContain('metadata: Invalid value: {"name":"x"}: must be empty');
    const named = {
      metadata: { name: "x", namespace: "a" },
      spec: { user: "ann", resourceAttributes: { namespace: "a" } },
    };
    const { message } = await failure(test.client.create(localsubjectaccessreviews, named));
    expect(message).toContain(
      'metadata: Invalid value: {"name":"x","namespace":"a"}: must be empty except for namespace',
    );
  });
});

describe("Services", () => {
  const service = (name: string, spec: Partial<Service["spec"]> = {}): Service => ({
    metadata: { name, namespace: "default" },
    spec: { ports: [{ port: 80 }], ...spec },
  });

  it("behind a balancer without node ports have a port for health checks, and the node ports that they ask for", async () => {
    await using test = await TestRegistry.open();
    const { spec } = await test.client.create(
      services,
      service("lb", {
        type: "LoadBalancer",
        externalTrafficPolicy: "Local",
        allocateLoadBalancerNodePorts: false,
        ports: [{ name: "a", port: 80 }, { name: "b", port: 81, nodePort: 30_100 }],
      }),
    );
    expect(spec.healthCheckNodePort).toBeGreaterThanOrEqual(30_000);
    expect(spec.ports?.map(({ nodePort }) => nodePort)).toEqual([undefined, 30_100]);
    const taken = service("np", { type: "NodePort", ports: [{ port: 80, nodePort: 30_100 }] });
    expect((await failure(test.client.create(services, taken))).message).toContain(
      "provided port is already allocated",
    );
  });

  it("get addresses and node ports of their own, and give them back", async () => {
    await using test = await TestRegistry.open({
      serviceCIDR: "10.43.0.0/29",
      nodePorts: { first: 30000, last: 30003 },
    });
    const made: Service[] = [];
    for (const name of ["a", "b", "c", "d", "e", "f"]) made.push(await test.client.create(services, service(name)));
    const addresses = new Set(made.map(({ spec }) => spec.clusterIP));
    expect([...addresses].sort()).toEqual([1, 2, 3, 4, 5, 6].map((last) => `10.43.0.${last}`));
    expect((await failure(test.client.create(services, service("g")))).message).toContain("range 10.43.0.0/29 is full");
    await test.client.delete(services, { namespace: "default", name: "c" });
    const again = await test.client.create(services, service("g"));
    expect(again.spec.clusterIPs).toEqual([made[2]!.spec.clusterIP]);
    const taken = await failure(test.client.create(services, service("h", { clusterIP: again.spec.clusterIP! })));
    expect(taken.message).toContain("provided IP is already allocated");
  });

  it("take nothing from each other in dry runs, and are told what is taken", async () => {
    await using test = await TestRegistry.open();
    const wanted = (name: string) => service(name, { type: "NodePort", ports: [{ port: 80, nodePort: 30007 }] });
    const tried = (name: string) => test.client.create(services, wanted(name), { dryRun: true });
    const both = await Promise.all([tried("a"), tried("b")]);
    expect(both.map(({ spec }) => spec.ports?.[0]?.nodePort)).toEqual([30007, 30007]);
    await test.client.create(services, wanted("c"));
    expect((await failure(tried("d"))).message).toContain("provided port is already allocated");
  });

  it("know after a restart what is taken", async () => {
    await using first = await TestRegistry.open({ serviceCIDR: "10.43.0.0/30" });
    const made = await first.client.create(services, service("a", { type: "NodePort" }));
    expect(made.spec.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30000);
    await first.registry.close();
    await using second = await TestRegistry.open({ datastore: first.datastore, serviceCIDR: "10.43.0.0/30" });
    const other = await second.client.create(services, service("b"));
    expect(other.spec.clusterIP).not.toBe(made.spec.clusterIP);
    const nodePort = made.spec.ports![0]!.nodePort!;
    const twin = service("c", { clusterIP: "None" });
    expect((await second.client.create(services, twin)).spec.clusterIP).toBe("None");
    await second.client.delete(services, { namespace: "default", name: "b" });
    const clash = service("d", { type: "NodePort", ports: [{ port: 80, nodePort }] });
    expect((await failure(second.client.create(services, clash))).message).toContain("already allocated");
  });

  it("keep their address over updates that leave it out, and refuse another", async () => {
    await using test = await TestRegistry.open();
    const made = await test.client.create(services, service("a", { type: "NodePort" }));
    const { clusterIP: _ip, clusterIPs: _ips, ...spec } = copyOf(made).spec;
    spec.ports = [{ port: 80, targetPort: 8080 }];
    const updated: Service = await test.client.update(services, { ...copyOf(made), spec } as Service);
    expect(updated.spec.clusterIP).toBe(made.spec.clusterIP);
    expect(updated.spec.ports?.[0]?.nodePort).toBe(made.spec.ports?.[0]?.nodePort);
    const moved = { ...copyOf(updated), spec: { ...updated.spec, clusterIP: "10.43.9.9", clusterIPs: ["10.43.9.9"] } };
    expect((await failure(test.client.update(services, moved))).message).toContain("may not change once set");
    const plain = await test.client.update(services, {
      ...copyOf(updated),
      spec: { ...updated.spec, type: "ClusterIP" },
    });
    expect(plain.spec.ports?.[0]?.nodePort).toBeUndefined();
    expect(plain.spec.externalTrafficPolicy).toBeUndefined();
  });
});

describe("Events", () => {
  it("go an hour after they were last written", async () => {
    await using test = await TestRegistry.open();
    const event = (name: string) => ({
      metadata: { name, namespace: "default" },
      involvedObject: { kind: "Pod", namespace: "default", name: "p" },
    });
    await test.client.create(events, event("a"));
    await test.client.create(events, event("b"));
    await test.clock.advance(1_800_000);
    await test.client.patch(events, { namespace: "default", name: "b" }, { type: "merge", patch: { count: 2 } });
    await test.clock.advance(1_802_000);
    expect((await test.client.list(events)).items.map(({ metadata }) => metadata.name)).toEqual(["b"]);
    await test.clock.advance(1_802_000);
    expect((await test.client.list(events)).items).toEqual([]);
  });
});

describe("bootstrap", () => {
  it("makes the first objects, and follows the server's address", async () => {
    await using test = await TestRegistry.open({ datastore: openMemory() });
    const client = createInProcessClient(test.registry, admin);
    const options = {
      addresses: () => ["192.0.2.1"],
      port: 6443,
      serviceCIDR: "10.43.0.0/16",
      serviceIP: "10.43.0.1",
    };
    await bootstrap(client, options);
    await bootstrap(client, { ...options, addresses: () => ["192.0.2.2"], clientCa: () => "PEM" });
    const trusted = { namespace: "kube-system", name: "extension-apiserver-authentication" };
    expect((await client.get(configmaps, trusted)).data).toEqual({ "client-ca-file": "PEM" });
    const service = await client.get(services, { namespace: "default", name: "kubernetes" });
    const [address, policy] = ["10.43.0.1", "SingleStack"];
    expect(service.spec).toMatchObject({ clusterIP: address, clusterIPs: [address], ipFamilyPolicy: policy });
    const found = await client.get(endpoints, { namespace: "default", name: "kubernetes" });
    expect(found.subsets?.[0]?.addresses).toEqual([{ ip: "192.0.2.2" }]);
    await client.create(configmaps, { metadata: { name: "a", namespace: "kube-system" } });
    const moved = bootstrap(client, { ...options, serviceIP: "10.99.0.1" });
    await expect(moved).rejects.toThrow("begins with 10.43.0.1, and --service-cidr has 10.99.0.1");
  });
});

describe("keepBasics", () => {
  it("makes the Service kubernetes and its endpoints again when they are deleted", async () => {
    await using test = await TestRegistry.open({ datastore: openMemory() });
    const client = createInProcessClient(test.registry, admin);
    const options = {
      addresses: () => ["192.0.2.1"],
      port: 6443,
      serviceCIDR: "10.43.0.0/16",
      serviceIP: "10.43.0.1",
    };
    await bootstrap(client, options);
    const stop = new AbortController();
    const informers = createInformerFactory(client, { clock: test.clock });
    keepBasics({ ...options, client, informers, clock: test.clock, signal: stop.signal });
    informers.start(stop.signal);
    await informers.whenSynced();
    const kubernetes = { namespace: "default", name: "kubernetes" };
    const before = await client.get(services, kubernetes);
    await client.delete(services, kubernetes);
    await client.delete(endpoints, kubernetes);
    for (const resource of [services, endpoints] as readonly Resource[]) {
      let made: { metadata: { uid?: string } } | undefined;
      while (made === undefined || made.metadata.uid === before.metadata.uid) {
        made = await client.get(resource, kubernetes).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    expect((await client.get(services, kubernetes)).spec.clusterIP).toBe("10.43.0.1");
    stop.abort(new Error("done"));
  });
});

describe("replication controllers", () => {
  it("take selector and labels from their template", async () => {
    await using test = await TestRegistry.open();
    const template = { metadata: { labels: { app: "x" } }, spec: minimalPod("x").spec };
    const made = await test.client.create(replicationcontrollers, { metadata: { ...target }, spec: { template } });
    expect(made.spec.selector).toEqual({ app: "x" });
    expect(made.metadata.labels).toEqual({ app: "x" });
    await test.client.delete(replicationcontrollers, target);
    expect((await test.client.get(replicationcontrollers, target)).metadata.finalizers).toEqual(["orphan"]);
  });
});

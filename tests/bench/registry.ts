import { systemClock } from "../../api/clock.ts";
import { configmaps, namespaces, nodes, pods, serviceaccounts } from "../../api/resources.ts";
import type { Pod } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import type { Datastore } from "../../datastore/contract.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import type { Registry, ResourceStore } from "../../server/apiserver/contract.ts";
import { createInProcessClient } from "../../server/apiserver/in_process.ts";
import { openRegistry } from "../../server/apiserver/registry/open.ts";

const admin = { name: "admin", groups: ["system:masters"] };
const context = { user: admin, warn: () => {} };
const listed = 10_000;
const held = 50_000;

/** Prints what the registry costs without HTTP and without a disk: creates, lists, watches and memory. */
export async function run(): Promise<void> {
  const datastore = openMemory();
  const registry = await open(datastore);
  const client = createInProcessClient(registry, admin);
  await client.create(namespaces, { metadata: { name: "default" }, spec: {} });
  await client.create(serviceaccounts, { metadata: { name: "default", namespace: "default" } });
  await client.create(nodes, { metadata: { name: "node-1" }, spec: {} });

  await measureConfigMaps(client);
  const before = await heap();
  await measurePods(client, 0, listed);
  await measureLists(registry.store("", "v1", "pods")!, client);
  await measureWatches(registry.store("", "v1", "pods")!, client);
  await createPods(client, listed, held);
  const note = "gc" in globalThis ? "" : ", garbage included: run with --v8-flags=--expose-gc";
  const size = await podSize(datastore);
  console.log(`memory: ${held} Pods of ${size} bytes take ${await heap() - before} MB of heap${note}`);
  await registry.close();

  const start = performance.now();
  const again = await open(datastore);
  console.log(`start: the cache is filled with ${held} Pods in ${elapsed(start)} ms`);
  await again.close();
  await datastore.close();
}

function open(datastore: Datastore): Promise<Registry> {
  return openRegistry({
    datastore,
    clock: systemClock({ background: true }),
    tokenIssuer: { defaultAudiences: [], issue: () => Promise.reject(new Error("no tokens here")) },
  });
}

async function measureConfigMaps(client: Client): Promise<void> {
  const count = 20_000;
  const data = { text: "x".repeat(900) };
  const start = performance.now();
  await inParallel(
    32,
    count,
    (i) => client.create(configmaps, { metadata: { name: `c${i}`, namespace: "default" }, data }),
  );
  report("create of a ConfigMap", count, start);
}

async function measurePods(client: Client, from: number, to: number): Promise<void> {
  const start = performance.now();
  await createPods(client, from, to);
  report("create of a Pod", to - from, start);
}

function createPods(client: Client, from: number, to: number): Promise<void> {
  return inParallel(32, to - from, (i) => client.create(pods, podNumber(from + i)));
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await work();
  console.log(`${what}: ${elapsed(start)} ms`);
}

async function measureLists(store: ResourceStore, client: Client): Promise<void> {
  await timed(`list of ${listed} Pods as JSON text`, async () => {
    const { entries } = await store.list(context, { namespace: "" });
    const text = `{"items":[${entries.map((entry) => entry.itemJson()).join(",")}]}`;
    if (new TextEncoder().encode(text).length < listed) throw new Error("a list too short");
  });
  await timed(
    `list of ${listed} Pods by label, parsing metadata`,
    () => store.list(context, { namespace: "", labelSelector: "app=nothing" }),
  );
  await heap();
  await timed(`list of ${listed} Pods as objects, parsing each`, () => client.list(pods));
}

async function measureWatches(store: ResourceStore, client: Client): Promise<void> {
  let seen = 0;
  const handles = [];
  for (let i = 0; i < 1_000; i++) {
    const request = { namespace: "", fieldSelector: `spec.nodeName=node-${i}`, allowWatchBookmarks: false };
    handles.push(await store.watch(context, { ...request, resourceVersion: await newest(store) }, () => seen++));
  }
  const count = 2_000;
  const start = performance.now();
  await inParallel(32, count, (i) =>
    client.patch(pods, { namespace: "default", name: podName(i) }, {
      type: "merge",
      patch: { status: { phase: "Running" } },
    }, { subresource: "status" }));
  report(`patch of a Pod's status with 1000 watchers by node (${seen} events)`, count, start);
  for (const handle of handles) handle.close();
}

async function newest(store: ResourceStore): Promise<string> {
  return (await store.list(context, { namespace: "default", fieldSelector: "metadata.name=none" })).resourceVersion;
}

async function inParallel(clients: number, count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: clients }, async () => {
    while (next < count) await work(next++);
  }));
}

function podName(i: number): string {
  return `web-7d4b9c6f8-${String(i).padStart(5, "0")}`;
}

/** As a ReplicaSet would make it. */
function podNumber(i: number): Pod {
  return {
    metadata: {
      name: podName(i),
      namespace: "default",
      labels: { app: "web", "pod-template-hash": "7d4b9c6f8" },
    },
    spec: {
      nodeName: `node-${i % 100}`,
      containers: [{
        name: "web",
        image: "registry.example.com/team/web:1.2.3",
        ports: [{ containerPort: 8080, name: "http" }],
        env: [{ name: "MODE", value: "production" }],
        resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "128Mi" } },
        readinessProbe: { httpGet: { path: "/ready", port: "http" } },
      }],
    },
  };
}

async function podSize(datastore: Datastore): Promise<number> {
  const { item } = await datastore.get(`/registry/pods/default/${podName(0)}`);
  return item?.value.length ?? 0;
}

/** In MB. Weakly held objects only go in a turn of the event loop in which nobody looked at them. */
async function heap(): Promise<number> {
  for (let round = 0; round < 2; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    (globalThis as { gc?: () => void }).gc?.();
  }
  return Math.round(Deno.memoryUsage().heapUsed / 2 ** 20);
}

function elapsed(start: number): number {
  return Math.round(performance.now() - start);
}

function report(what: string, count: number, start: number): void {
  const milliseconds = performance.now() - start;
  console.log(
    `${what}: ${Math.round(count / milliseconds * 1000)}/s, ${(milliseconds / count * 1000).toFixed(0)} us each`,
  );
}

import { expect } from "vitest";
import { apiVersionOf, type KubeObject, type Resource } from "../../api/resource.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import type { APIResourceList } from "../../api/types/meta_v1.ts";
import type { Target } from "../../client/client.ts";
import { retry } from "../e2e/retry.ts";
import type { ConformanceCluster } from "./_cluster.ts";

/** A change and how it shows. */
interface Change<T> {
  /** A merge patch. */
  readonly patch: Record<string, unknown>;
  readonly shows: (object: T) => unknown;
  readonly as: unknown;
}

/** What objects of a kind are put through. */
export interface Life<T extends KubeObject> {
  readonly resource: Resource<T>;
  /** Three names that the kind allows; `one`, `two` and `three` by default. */
  readonly names?: readonly [string, string, string];
  /** All but name, namespace and labels. */
  readonly object: Omit<T, "metadata">;
  /** Of what users may change. */
  readonly change: Change<T>;
  /** Of what the status says; absent for kinds without one. */
  readonly status?: Change<T>;
}

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/**
 * Every verb on objects of a kind, and what a client may rely on: discovery names them, each write is newer than the one before, a stale update is refused, a
 * watch shows all that happened and in order, and a collection is deleted as far as its selector goes.
 */
export async function liveThrough<T extends KubeObject>(cluster: ConformanceCluster, life: Life<T>): Promise<void> {
  const { client } = cluster;
  const { resource, names = ["one", "two", "three"] as const } = life;
  const namespace = resource.namespaced ? await cluster.namespace() : undefined;
  const scope = namespace === undefined ? {} : { namespace };
  const target: Target = { ...scope, name: names[0] };
  // Cluster-scoped objects are marked by a label that no other test has.
  const mark = `conformance.test/kind=${resource.resource}`;
  const make = (name: string, group: string): T =>
    ({
      ...structuredClone(life.object),
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: { ...scope, name, labels: { "conformance.test/kind": resource.resource, group } },
    }) as unknown as T;

  await expectDiscovery(cluster, resource, life.status !== undefined);

  const before = await client.list(resource, { ...scope, labelSelector: mark });
  expect(before.items).toEqual([]);
  const stop = new AbortController();
  const watched = watchOne(cluster, life, target, before.metadata.resourceVersion!, stop.signal);
  try {
    const created = await client.create(resource, make(names[0], "first"));
    expect(created.metadata).toMatchObject(target);
    expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(created.metadata.creationTimestamp).toBeTruthy();
    for (const name of names.slice(1)) await client.create(resource, make(name, "others"));

    expect((await client.get(resource, target)).metadata.uid).toBe(created.metadata.uid);
    for (const where of [scope, {}]) {
      const { items } = await client.list(resource, { ...where, labelSelector: mark });
      expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual(names.toSorted());
    }

    const patched = await client.patch(resource, target, { type: "merge", patch: life.change.patch });
    expect(life.change.shows(patched)).toEqual(life.change.as);
    expect(version(patched)).toBeGreaterThan(version(created));
    const updated = await client.update(resource, annotated(patched, "updated", "yes"));
    expect(updated.metadata.annotations).toMatchObject({ updated: "yes" });
    expect(version(updated)).toBeGreaterThan(version(patched));
    const stale = await client.update(resource, annotated(created, "updated", "too late")).catch((error) => error);
    expect(isConflict(stale)).toBe(true);
    if (life.status) await expectStatus(cluster, life, target, life.status);

    await client.delete(resource, target);
    await expectGone(cluster, resource, target);
    await client.deleteCollection(resource, { ...scope, labelSelector: `${mark},group=nobody` });
    expect((await client.list(resource, { ...scope, labelSelector: mark })).items.length).toBe(2);
    await client.deleteCollection(resource, { ...scope, labelSelector: `${mark},group=others` });
    for (const name of names.slice(1)) await expectGone(cluster, resource, { ...scope, name });
    expect(await watched).toEqual([
      "ADDED",
      "patched",
      "updated",
      ...(life.status ? ["status patched", "status updated"] : []),
      "DELETED",
    ]);
  } finally {
    stop.abort();
    await watched.catch(() => {});
  }
}

async function expectDiscovery(cluster: ConformanceCluster, resource: Resource, status: boolean): Promise<void> {
  const root = resource.group === "" ? "/api" : "/apis";
  const { resources } = await cluster.json(`${root}/${apiVersionOf(resource)}`) as APIResourceList;
  const found = resources.find(({ name }) => name === resource.resource);
  expect({ ...found, verbs: found?.verbs.toSorted() }).toMatchObject({
    kind: resource.kind,
    namespaced: resource.namespaced,
    verbs,
  });
  const subresource = resources.find(({ name }) => name === `${resource.resource}/status`);
  expect(subresource?.verbs.toSorted()).toEqual(status ? ["get", "patch", "update"] : undefined);
}

/** What the watch shows of one object until it is gone. Controllers may write meanwhile: what shows nothing of ours is passed over. */
async function watchOne<T extends KubeObject>(
  { client }: ConformanceCluster,
  life: Life<T>,
  target: Target,
  resourceVersion: string,
  signal: AbortSignal,
): Promise<string[]> {
  const seen: string[] = [];
  const note = (event: string) => void (seen.includes(event) || seen.push(event));
  let last = 0;
  const options = { ...(target.namespace ? { namespace: target.namespace } : {}), resourceVersion, signal };
  const fieldSelector = `metadata.name=${target.name}`;
  for await (const event of client.watch(life.resource, { ...options, fieldSelector })) {
    if (event.type === "BOOKMARK") continue;
    expect(version(event.object)).toBeGreaterThan(last);
    last = version(event.object);
    if (event.type !== "MODIFIED") note(event.type);
    if (event.type === "DELETED") break;
    const { change, status } = life;
    if (JSON.stringify(change.shows(event.object)) === JSON.stringify(change.as)) note("patched");
    const { annotations = {} } = event.object.metadata;
    if (annotations.updated) note("updated");
    if (status && JSON.stringify(status.shows(event.object)) === JSON.stringify(status.as)) note("status patched");
    if (annotations["status-updated"]) note("status updated");
  }
  return seen;
}

async function expectStatus<T extends KubeObject>(
  { client }: ConformanceCluster,
  { resource }: Life<T>,
  target: Target,
  status: Change<T>,
): Promise<void> {
  const read = await client.get(resource, target, { subresource: "status" });
  expect(read.kind).toBe(resource.kind);
  const patched = await client.patch(resource, target, { type: "merge", patch: status.patch }, {
    subresource: "status",
  });
  expect(status.shows(patched)).toEqual(status.as);
  await retry("an update of the status", async () => {
    const latest = await client.get(resource, target);
    const updated = await client.update(resource, annotated(latest, "status-updated", "yes"), {
      subresource: "status",
    });
    expect(status.shows(updated)).toEqual(status.as);
    expect(updated.metadata.annotations).toMatchObject({ "status-updated": "yes" });
  });
  // What is not status stays as it is, whatever comes through the door of the status.
  expect((await client.get(resource, target)).metadata.uid).toBe(read.metadata.uid);
}

export async function expectGone(
  { client }: ConformanceCluster,
  resource: Resource,
  target: Target,
): Promise<void> {
  await retry(`${resource.resource} ${target.name} to be gone`, async () => {
    const answer = await client.get(resource, target).catch((error) => error);
    expect(isNotFound(answer)).toBe(true);
  });
}

function annotated<T extends KubeObject>(object: T, key: string, value: string): T {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, [key]: value } } };
}

function version({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion);
}

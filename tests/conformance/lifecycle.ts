import { expect } from "vitest";
import { apiVersionOf, type KubeObject, type Resource } from "../../api/resource.ts";
import type { Target } from "../../client/client.ts";
import { retry } from "../e2e/retry.ts";
import { pathOf, type TestApi, typed } from "./api.ts";
import { Watching } from "./watching.ts";

export interface Lifecycle {
  readonly resource: Resource;
  /** The object without its name. */
  readonly object: Record<string, unknown>;
  /** Three, for kinds whose names say something; made up when absent. */
  readonly names?: readonly [string, string, string];
  /** A merge patch of what users may change, and what then shows; an annotation when absent. */
  readonly change?: Record<string, unknown>;
  /** A status that is written through the status subresource, and must be found there. */
  readonly status?: Record<string, unknown>;
  /** What comes with a status besides is let lie. */
  readonly statusAlone?: true;
}

const merge = { "content-type": "application/merge-patch+json" };

/**
 * What upstream asks of every kind of its API in much the same way: it is in discovery, and an object of it can be created, read, listed, watched,
 * patched, replaced, its status written, and deleted alone and with others, each seen by a watch.
 */
export async function liveThrough(api: TestApi, life: Lifecycle): Promise<void> {
  const { resource, object, status, change = { metadata: { annotations: { patched: "true" } } } } = life;
  const namespace = resource.namespaced ? await api.namespace() : "";
  const collection = pathOf(resource, namespace);
  const prefix = `life-${crypto.randomUUID().slice(0, 8)}`;
  const names = life.names ?? [`${prefix}-1`, `${prefix}-2`, `${prefix}-3`];
  const [first, ...others] = names;
  const labelSelector = `life=${prefix}`;
  const selected = (root: string, selector = labelSelector) =>
    `${root}?${new URLSearchParams({ labelSelector: selector })}`;
  const listed = async (path: string) => namesOf((await api.call("GET", path)).json);
  await isDiscovered(api, resource, status !== undefined);

  const create = async (name: string) => {
    const labels = { life: prefix, order: name === first ? "first" : "later" };
    const metadata = { ...object["metadata"] as object, name, labels };
    const answer = await api.call("POST", collection, { body: typed(resource, { ...object, metadata }) });
    expect([answer.code, answer.json.reason, answer.json.message]).toEqual([201, undefined, undefined]);
    expect(answer.json).toMatchObject({ kind: resource.kind, apiVersion: apiVersionOf(resource), metadata: { name } });
    return answer.json;
  };
  const start = (await api.call("GET", selected(collection))).json.metadata.resourceVersion;
  using watching = await Watching.start(api, resource, namespace, { labelSelector, resourceVersion: start });
  for (const name of names) {
    const { metadata } = await create(name);
    expect((await watching.until("ADDED", (o) => o.metadata.name === name)).metadata.uid).toBe(metadata.uid);
  }

  const path = `${collection}/${first}`;
  const { json: created } = await api.call("GET", path);
  expect(created.metadata.labels).toMatchObject({ life: prefix });
  for (const root of [collection, pathOf(resource, "")]) expect(await listed(selected(root))).toEqual(names.toSorted());

  const patched = await api.call("PATCH", path, { headers: merge, body: change });
  expect([patched.code, patched.json.message]).toEqual([200, undefined]);
  expect(patched.json).toMatchObject(change);
  expect(Number(patched.json.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion));
  await watching.until("MODIFIED", (o) => o.metadata.resourceVersion === patched.json.metadata.resourceVersion);

  await replace(api, path, (read) => ({ ...read, metadata: annotated(read, "replaced") }));
  await watching.until("MODIFIED", (o) => o.metadata.annotations?.replaced === "true");
  expect((await api.call("PUT", path, { body: created })).code).toBe(409);

  if (status) await writeStatus(api, path, status, !life.statusAlone);

  const { code } = await api.call("DELETE", path);
  expect([200, 202]).toContain(code);
  expect((await watching.until("DELETED", (o) => o.metadata.name === first)).metadata.name).toBe(first);
  expect((await api.call("GET", path)).code).toBe(404);

  expect((await api.call("DELETE", selected(collection, `${labelSelector},order=first`))).code).toBe(200);
  expect(await listed(selected(collection))).toEqual(others.toSorted());
  expect((await api.call("DELETE", selected(collection))).code).toBe(200);
  await retry("the collection to be gone", async () => expect(await listed(selected(collection))).toEqual([]));
}

/** Waits until there is no such object. */
export async function expectGone(api: TestApi, resource: Resource, target: Target): Promise<void> {
  await retry(`${resource.resource} ${target.name} to be gone`, async () => {
    expect((await api.call("GET", pathOf(resource, target.namespace ?? "", target.name))).code).toBe(404);
  });
}

async function isDiscovered(api: TestApi, resource: Resource, hasStatus: boolean): Promise<void> {
  const { group, version } = resource;
  if (group !== "") {
    const { json } = await api.call("GET", `/apis/${group}`);
    expect(json.versions).toContainEqual({ groupVersion: apiVersionOf(resource), version });
  }
  const { json } = await api.call("GET", group === "" ? "/api/v1" : `/apis/${apiVersionOf(resource)}`);
  const served = (name: string) => json.resources.find((one: { name: string }) => one.name === name);
  const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
  expect(served(resource.resource)).toMatchObject({ kind: resource.kind, namespaced: resource.namespaced });
  expect(served(resource.resource).verbs.toSorted()).toEqual(verbs);
  if (hasStatus) expect(served(`${resource.resource}/status`).verbs.toSorted()).toEqual(["get", "patch", "update"]);
}

/** By merge patch, and by PUT with an object that was read before. `annotates`: annotations come with it. */
async function writeStatus(
  api: TestApi,
  path: string,
  status: Record<string, unknown>,
  annotates: boolean,
): Promise<void> {
  expect((await api.call("GET", `${path}/status`)).code).toBe(200);
  const patched = await api.call("PATCH", `${path}/status`, {
    headers: merge,
    body: { metadata: { annotations: { "patched-status": "true" } }, status },
  });
  expect([patched.code, patched.json.message]).toEqual([200, undefined]);
  expect(patched.json.status).toMatchObject(status);
  expect(patched.json.metadata.annotations?.["patched-status"]).toBe(annotates ? "true" : undefined);
  const replaced = await replace(api, `${path}/status`, (read) => (
    { ...read, metadata: annotated(read, "replaced-status"), status: { ...read["status"] as object, ...status } }
  ));
  expect(replaced["status"]).toMatchObject(status);
}

/** PUTs what was read and changed; again when a controller was faster. */
async function replace(
  api: TestApi,
  path: string,
  change: (read: KubeObject & Record<string, unknown>) => unknown,
): Promise<Record<string, unknown>> {
  return await retry("no conflict", async () => {
    const { json: read } = await api.call("GET", path);
    const { code, json } = await api.call("PUT", path, { body: change(read) });
    expect([code, json.message]).toEqual([200, undefined]);
    return json;
  });
}

function annotated({ metadata }: KubeObject, annotation: string) {
  return { ...metadata, annotations: { ...metadata.annotations, [annotation]: "true" } };
}

function namesOf(list: { items: KubeObject[] }): string[] {
  return list.items.map(({ metadata }) => metadata.name!).toSorted();
}

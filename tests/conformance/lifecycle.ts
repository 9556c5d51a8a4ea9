import { expect } from "vitest";
import { apiVersionOf, type KubeObject, type Resource } from "../../api/resource.ts";
import { retry } from "../e2e/retry.ts";
import { pathOf, type TestApi, typed } from "./api.ts";
import { Watching } from "./watching.ts";

export interface Lifecycle {
  readonly resource: Resource;
  /** The object without its name. */
  readonly object: Record<string, unknown>;
  /** A status that is written through the status subresource, and must be found there. */
  readonly status?: Record<string, unknown>;
}

const merge = { "content-type": "application/merge-patch+json" };

/**
 * What upstream asks of every kind of its API in much the same way: it is in discovery, and an object of it can be created, read, listed, watched,
 * patched, replaced, its status written, and deleted alone and with others, each seen by a watch.
 */
export async function liveThrough(api: TestApi, { resource, object, status }: Lifecycle): Promise<void> {
  const namespace = resource.namespaced ? await api.namespace() : "";
  const collection = pathOf(resource, namespace);
  const prefix = `life-${crypto.randomUUID().slice(0, 8)}`;
  const labels = { life: prefix };
  const labelSelector = `life=${prefix}`;
  const selected = `${collection}?labelSelector=${encodeURIComponent(labelSelector)}`;
  await isDiscovered(api, resource);

  const create = async (name: string) => {
    const metadata = { ...object["metadata"] as object, name, labels };
    const answer = await api.call("POST", collection, { body: typed(resource, { ...object, metadata }) });
    expect([answer.code, answer.json.reason, answer.json.message]).toEqual([201, undefined, undefined]);
    expect(answer.json).toMatchObject({ kind: resource.kind, apiVersion: apiVersionOf(resource), metadata: { name } });
    return answer.json;
  };
  const start = (await api.call("GET", selected)).json.metadata.resourceVersion;
  using watching = await Watching.start(api, resource, namespace, { labelSelector, resourceVersion: start });
  const names = [1, 2, 3].map((i) => `${prefix}-${i}`);
  for (const name of names) {
    const { metadata } = await create(name);
    expect((await watching.until("ADDED", (o) => o.metadata.name === name)).metadata.uid).toBe(metadata.uid);
  }

  const [first] = names as [string];
  const path = `${collection}/${first}`;
  expect((await api.call("GET", path)).json.metadata.labels).toMatchObject(labels);
  expect(namesOf((await api.call("GET", selected)).json)).toEqual(names);
  const everywhere = `${pathOf(resource, "")}?labelSelector=${encodeURIComponent(labelSelector)}`;
  expect(namesOf((await api.call("GET", everywhere)).json)).toEqual(names);

  const patched = await api.call("PATCH", path, {
    headers: merge,
    body: { metadata: { annotations: { patched: "true" } } },
  });
  expect([patched.code, patched.json.metadata?.annotations?.patched]).toEqual([200, "true"]);
  await watching.until("MODIFIED", (o) => o.metadata.annotations?.patched === "true");

  await replace(api, path, (read) => ({ ...read, metadata: annotated(read, "replaced") }));
  await watching.until("MODIFIED", (o) => o.metadata.annotations?.replaced === "true");

  if (status) await writeStatus(api, path, status);

  const { code } = await api.call("DELETE", path);
  expect([200, 202]).toContain(code);
  expect((await watching.until("DELETED", (o) => o.metadata.name === first)).metadata.name).toBe(first);
  expect((await api.call("GET", path)).code).toBe(404);

  expect((await api.call("DELETE", selected)).code).toBe(200);
  await retry("the collection to be gone", async () => {
    expect(namesOf((await api.call("GET", selected)).json)).toEqual([]);
  });
}

async function isDiscovered(api: TestApi, resource: Resource): Promise<void> {
  const { group, version } = resource;
  if (group !== "") {
    const { json } = await api.call("GET", `/apis/${group}`);
    expect(json.versions).toContainEqual({ groupVersion: apiVersionOf(resource), version });
  }
  const { json } = await api.call("GET", group === "" ? "/api/v1" : `/apis/${apiVersionOf(resource)}`);
  const found = json.resources.find(({ name }: { name: string }) => name === resource.resource);
  expect(found).toMatchObject({ kind: resource.kind, namespaced: resource.namespaced });
}

/** By merge patch, and by PUT with an object that was read before; both leave all but the status alone. */
async function writeStatus(api: TestApi, path: string, status: Record<string, unknown>): Promise<void> {
  expect((await api.call("GET", `${path}/status`)).code).toBe(200);
  const patched = await api.call("PATCH", `${path}/status`, {
    headers: merge,
    body: { metadata: { annotations: { "patched-status": "true" } }, status },
  });
  expect([patched.code, patched.json.message]).toEqual([200, undefined]);
  expect(patched.json.status).toMatchObject(status);
  expect(patched.json.metadata.annotations["patched-status"]).toBe("true");
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

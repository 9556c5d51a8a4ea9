import type { Expected } from "../../../api/codec/decode.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { unsupportedMediaType } from "../../../api/status.ts";
import type { PatchRequest } from "../contract.ts";
import { sendJSON } from "./answer.ts";
import { parseConfiguration } from "./configuration.ts";
import { contentTypeOf, readBody, readObject, readOptionalObject } from "./body.ts";
import { negotiate } from "./negotiate.ts";
import { parsePatch } from "./patch_body.ts";
import { deleteOptions, type GivenDeleteOptions } from "../delete_options.ts";
import { requireName, requireNamespace } from "../identity.ts";
import { givenDeleteOptions, listRequest, patchOptions, writeOptions } from "./query.ts";
import { sendEntry, sendList } from "./read_routes.ts";
import type { ResourceCall } from "./resource_call.ts";

export async function createRoute(of: ResourceCall): Promise<void> {
  const { call, target, store } = of;
  const representation = negotiate(of);
  const options = writeOptions(call.query, "CreateOptions", call.request.headers["user-agent"]);
  const object = await readKubeObject(of, options.fieldValidation);
  // Of a virtual subresource only the object's own namespace is asked for; its name is the URL's.
  mustMatchNamespace(of, object);
  const entry = await store.create(call, {
    namespace: target.namespace,
    ...(of.subresource === undefined ? {} : { name: target.name, subresource: of.subresource.name }),
    object,
    options,
  });
  await sendEntry(of, 201, entry, representation);
}

export async function updateRoute(of: ResourceCall): Promise<void> {
  const { call, target, store } = of;
  const representation = negotiate(of);
  const options = writeOptions(call.query, "UpdateOptions", call.request.headers["user-agent"]);
  const object = await readKubeObject(of, options.fieldValidation);
  mustMatchNamespace(of, object);
  requireName(object, target.name);
  const { entry, created } = await store.update(call, {
    namespace: target.namespace,
    name: target.name,
    ...(of.subresource === undefined ? {} : { subresource: of.subresource.name }),
    object,
    options,
    mayCreate: () => of.mayAlso("create"),
  });
  await sendEntry(of, created ? 201 : 200, entry, representation);
}

const patchTypes: Readonly<Record<string, PatchRequest["type"]>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

export async function patchRoute(of: ResourceCall): Promise<void> {
  const { call, target, store } = of;
  const representation = negotiate(of);
  const type = patchTypes[contentTypeOf(call.request)];
  if (type === undefined) throw unsupportedMediaType();
  const options = patchOptions(call.query, type, call.request.headers["user-agent"]);
  const text = (await readBody(call.request)).toString("utf8");
  const { entry, created } = await store.patch(call, {
    namespace: target.namespace,
    name: target.name,
    ...(of.subresource === undefined ? {} : { subresource: of.subresource.name }),
    type,
    ...(type === "apply"
      ? { patch: await parseConfiguration(call, text, options.fieldValidation) }
      : await parsedFor(of, () => parsePatch(text, type, options.fieldValidation))),
    options,
    mayCreate: () => of.mayAlso("create"),
  });
  await sendEntry(of, created ? 201 : 200, entry, representation);
}

export async function deleteRoute(of: ResourceCall): Promise<void> {
  const { call, target, store, row } = of;
  const representation = negotiate(of);
  const options = deleteOptions(await readDeleteOptions(of));
  const { outcome, entry } = await store.delete(call, { namespace: target.namespace, name: target.name, options });
  if (outcome === "marked" || returnsDeleted.has(`${row.group}/${row.resource}`)) {
    return await sendEntry(of, 200, entry, representation);
  }
  const status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: target.name,
      ...(row.group === "" ? {} : { group: row.group }),
      kind: row.resource,
      uid: entry.object.metadata.uid,
    },
  };
  await sendJSON(call, 200, JSON.stringify(status), representation.format);
}

/** Upstream answers these with the object as it last was; for all others a Status says that it is gone. */
const returnsDeleted = new Set([
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/pods",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "/services",
  "resource.k8s.io/deviceclasses",
  "resource.k8s.io/resourceclaims",
  "resource.k8s.io/resourceclaimtemplates",
  "resource.k8s.io/resourceslices",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/storageclasses",
  "storage.k8s.io/volumeattachments",
  "storage.k8s.io/volumeattributesclasses",
]);

export async function deleteCollectionRoute(of: ResourceCall): Promise<void> {
  const { call, target, store } = of;
  const representation = negotiate(of);
  const request = listRequest(call.query, target);
  const options = deleteOptions(await readDeleteOptions(of));
  await sendList(of, await store.deleteCollection(call, { ...request, options }), representation);
}

/** A body wins over the query, as upstream. Every group's DeleteOptions are the same. */
async function readDeleteOptions(of: ResourceCall): Promise<GivenDeleteOptions> {
  const { call } = of;
  const expected: Expected = { apiVersion: "meta.k8s.io/v1", kind: "DeleteOptions", anyVersion: true };
  const object = await readOptionalObject(call, expected, "Ignore");
  return object === undefined ? givenDeleteOptions(call.query) : object as GivenDeleteOptions;
}

async function readKubeObject(of: ResourceCall, validation: "Ignore" | "Warn" | "Strict"): Promise<KubeObject> {
  // Evictions are the same in all versions of their group, of which older clients name older ones.
  const expected = { apiVersion: of.apiVersion, kind: of.kind, anyVersion: of.kind === "Eviction" };
  const object = await readObject(of.call, expected, validation);
  return { ...object, metadata: object["metadata"] ?? {} } as KubeObject;
}

function mustMatchNamespace(of: ResourceCall, object: KubeObject): void {
  // What lives in no namespace may name one.
  if (of.row.namespaced) requireNamespace(object, of.target.namespace);
}

/** Whoever patches what is not there hears that, whatever the patch is. */
async function parsedFor<T>({ call, target, store }: ResourceCall, parse: () => T): Promise<T> {
  try {
    return parse();
  } catch (error) {
    await store.get(call, { namespace: target.namespace, name: target.name });
    throw error;
  }
}

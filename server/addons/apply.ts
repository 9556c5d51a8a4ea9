import type { KubeObject } from "../../api/resource.ts";
import type { ResourceRow } from "../../api/schema/contract.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import { type InventoryItem, rowOf } from "./inventory.ts";
import type { ManifestObject } from "./parse_manifest.ts";
import { threeWayPatch } from "./three_way.ts";

/** On each applied object: the file that it came from, and what that file said of it. */
export const MANIFEST_ANNOTATION = "skiff.dev/manifest";
const APPLIED_ANNOTATION = "skiff.dev/last-applied";

/** Creates the object, or brings it to what the manifest says and leaves alone what others have set. */
export async function applyObject(
  client: Client,
  file: string,
  wanted: ManifestObject,
  signal: AbortSignal,
): Promise<void> {
  const { resource, object } = wanted;
  const annotations = {
    ...object.metadata.annotations,
    [MANIFEST_ANNOTATION]: file,
    [APPLIED_ANNOTATION]: JSON.stringify(object),
  };
  const annotated = { ...object, metadata: { ...object.metadata, annotations } };
  const target = targetOf(object);
  const live = await orUndefined(client.get(resource, target, { signal }));
  if (!live) {
    try {
      await client.create(resource, annotated, { signal });
      return;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return await applyObject(client, file, wanted, signal);
    }
  }
  const patch = threeWayPatch(lastApplied(live), annotated as unknown as Record<string, unknown>, live);
  if (Object.keys(patch).length > 0) await client.patch(resource, target, { type: "merge", patch }, { signal });
}

/** Deletes an object that a file had made, if it is still that file's. */
export async function pruneObject(
  client: Client,
  file: string,
  item: InventoryItem,
  resources: readonly ResourceRow[],
  signal: AbortSignal,
): Promise<void> {
  const row = rowOf(item, resources);
  if (!row) return;
  const target = { namespace: item.namespace, name: item.name };
  const live = await orUndefined(client.get(row, target, { signal }));
  if (live?.metadata.annotations?.[MANIFEST_ANNOTATION] !== file) return;
  await orUndefined(
    client.delete(row, target, { propagationPolicy: "Background", preconditions: { uid: live.metadata.uid! }, signal }),
  );
}

function targetOf(object: KubeObject): { namespace: string; name: string } {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name! };
}

function lastApplied(live: KubeObject): unknown {
  try {
    return JSON.parse(live.metadata.annotations?.[APPLIED_ANNOTATION] ?? "{}");
  } catch {
    return {};
  }
}

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Client-side apply's three-way patches, as kubectl makes them, and the slow plain meaning of one, for property tests. */
import { deepEqual } from "../meta/deep_equal.ts";
import type { Schema } from "../schema/contract.ts";
import { isObject, type JsonObject } from "./_json.ts";
import { type PatchField, patchField, type PatchNode } from "./_patch_schema.ts";

/** What was applied last, what is to be applied, and what is there. */
export interface ThreeWays {
  readonly original: JsonObject;
  readonly modified: JsonObject;
  readonly current: JsonObject;
}

/** The strategic merge patch that brings `current` to what `modified` says, and takes away what it says no more. */
export function threeWayStrategicPatch(schema: Schema, node: PatchNode | undefined, ways: ThreeWays): JsonObject {
  const { original, modified, current } = ways;
  const patch: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(modified)) {
    const field = patchField(schema, node, name);
    const [before, now] = [original[name], current[name]];
    if (isObject(value) && isObject(now) && !field.replaces) {
      const inner = threeWayStrategicPatch(schema, field.content, {
        original: isObject(before) ? before : {},
        modified: value,
        current: now,
      });
      if (Object.keys(inner).length > 0) patch[name] = inner;
    } else if (Array.isArray(value) && Array.isArray(now) && field.merges) {
      Object.assign(patch, listPatch(schema, name, field, Array.isArray(before) ? before : [], value, now));
    } else if (!deepEqual(value, now)) patch[name] = value;
  }
  for (const name of Object.keys(original)) if (!(name in modified)) patch[name] = null;
  return patch;
}

function listPatch(
  schema: Schema,
  name: string,
  field: PatchField,
  original: readonly unknown[],
  modified: readonly unknown[],
  current: readonly unknown[],
): JsonObject {
  const { mergeKey } = field;
  const order = { [`$setElementOrder/${name}`]: mergeKey ? modified.map((one) => keyed(one, mergeKey)) : modified };
  if (mergeKey === undefined) {
    const added = modified.filter((one) => !current.includes(one));
    const gone = original.filter((one) => !modified.includes(one));
    return {
      ...order,
      ...(added.length > 0 ? { [name]: added } : {}),
      ...(gone.length > 0 ? { [`$deleteFromPrimitiveList/${name}`]: gone } : {}),
    };
  }
  const find = (list: readonly unknown[], one: unknown) =>
    list.find((other) => (other as JsonObject)[mergeKey] === (one as JsonObject)[mergeKey]) as JsonObject | undefined;
  const elements: JsonObject[] = [];
  for (const one of modified as JsonObject[]) {
    const now = find(current, one);
    const inner = now === undefined ? one : threeWayStrategicPatch(schema, field.content, {
      original: find(original, one) ?? {},
      modified: one,
      current: now,
    });
    if (now === undefined || Object.keys(inner).length > 0) elements.push({ ...inner, ...keyed(one, mergeKey) });
  }
  for (const one of original as JsonObject[]) {
    if (!find(modified, one)) elements.push({ ...keyed(one, mergeKey), $patch: "delete" });
  }
  return { ...order, ...(elements.length > 0 ? { [name]: elements } : {}) };
}

function keyed(one: unknown, mergeKey: string): JsonObject {
  return { [mergeKey]: (one as JsonObject)[mergeKey] };
}

/**
 * The values of an object by their paths, elements of merged lists named by their keys and all else that is no map one value: what the
 * three ways mean is then said of sets of paths alone.
 */
export function leavesOf(
  schema: Schema,
  node: PatchNode | undefined,
  object: JsonObject,
  at = "",
): Map<string, string> {
  const leaves = new Map<string, string>();
  const add = (more: ReadonlyMap<string, string>) => more.forEach((value, path) => leaves.set(path, value));
  for (const [name, value] of Object.entries(object)) {
    const field = patchField(schema, node, name);
    const path = `${at}/${name}`;
    if (isObject(value) && !field.replaces) add(leavesOf(schema, field.content, value, path));
    else if (Array.isArray(value) && field.merges) {
      for (const one of value) {
        if (field.mergeKey === undefined) leaves.set(`${path}[${one}]`, "here");
        else add(leavesOf(schema, field.content, one, `${path}[${one[field.mergeKey]}]`));
      }
    } else leaves.set(path, JSON.stringify(value));
  }
  return leaves;
}

/** What must be there in the end: all that is to be applied, and of the rest that was there what had not been applied before. */
export function mergedLeaves(
  schema: Schema,
  node: PatchNode,
  { original, modified, current }: ThreeWays,
): Map<string, string> {
  const [before, wanted, now] = [original, modified, current].map((way) => leavesOf(schema, node, way));
  const gone = [...prefixesOf(before!)].filter((path) => !prefixesOf(wanted!).has(path));
  const merged = new Map([...now!].filter(([path]) => !gone.some((one) => isBelow(path, one))));
  for (const [path, value] of wanted!) {
    for (const other of merged.keys()) if (isBelow(other, path) || isBelow(path, other)) merged.delete(other);
    merged.set(path, value);
  }
  return merged;
}

/** Every path and every path above it. */
function prefixesOf(leaves: ReadonlyMap<string, string>): Set<string> {
  const prefixes = new Set<string>();
  for (const path of leaves.keys()) {
    for (let end = 1; end <= path.length; end++) {
      if (end === path.length || "/[".includes(path[end]!)) prefixes.add(path.slice(0, end));
    }
  }
  return prefixes;
}

function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`) || path.startsWith(`${above}[`);
}

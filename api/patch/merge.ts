import { notAnObject } from "../codec/json_fault.ts";
import { badRequest } from "../status.ts";
import { isObject, type JsonObject, requireShallow, setField } from "./_json.ts";

/**
 * Applies a JSON merge patch (RFC 7386) to an object. Its inputs stay as they are and may be frozen; the result shares what
 * the patch does not touch. Throws a 400 `StatusError`, in upstream's words, for a patch that is no JSON object: it would replace the whole object, and for
 * one nested too deeply.
 */
export function applyMergePatch<T extends object>(original: T, patch: unknown): T {
  if (patch === null) throw badRequest("Invalid JSON Patch");
  if (!isObject(patch)) throw badRequest(`error decoding patch: ${notAnObject(patch)}`);
  requireShallow(patch, "the merge patch");
  return mergeValue(original, patch) as T;
}

/** RFC 7386 as it stands, for any two JSON values. */
export function mergeValue(target: unknown, patch: unknown): unknown {
  return isObject(patch) ? mergeObject(isObject(target) ? target : {}, patch) : patch;
}

function mergeObject(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...target };
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete merged[key];
    else setField(merged, key, mergeValue(Object.hasOwn(merged, key) ? merged[key] : undefined, value));
  }
  return merged;
}

import { deepEqual } from "../../api/meta/deep_equal.ts";

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The merge patch (RFC 7386) that brings `live` to what `wanted` says: fields of `wanted` that differ are set, fields of `applied` (what was
 * wanted last time) that `wanted` no longer has are removed, and whatever others have set stays. Lists are replaced as a whole.
 */
export function threeWayPatch(applied: unknown, wanted: JsonObject, live: unknown): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  const before = isObject(applied) ? applied : {};
  const now = isObject(live) ? live : {};
  for (const [key, value] of Object.entries(wanted)) {
    if (isObject(value)) {
      const inner = threeWayPatch(before[key], value, now[key]);
      if (Object.keys(inner).length > 0 || !isObject(now[key])) patch[key] = inner;
    } else if (!covers(now[key], value)) patch[key] = value;
  }
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(wanted, key) && Object.hasOwn(now, key)) patch[key] = null;
  }
  return patch;
}

/** Whether `live` is `wanted`, apart from fields that the server has filled in: those of a list's items would otherwise be a change each time. */
function covers(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(live) && live.length === wanted.length && wanted.every((item, i) => covers(live[i], item));
  }
  if (isObject(wanted)) {
    return isObject(live) && Object.entries(wanted).every(([key, value]) => covers(live[key], value));
  }
  return deepEqual(live, wanted);
}

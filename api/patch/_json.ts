import { badRequest } from "../status.ts";

/** A JSON value's parts, as patches look at them. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Sets an own field. `__proto__`, which a client may send, would set the prototype if it were assigned. */
export function setField(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else object[key] = value;
}

/** An own field; undefined for one that is only inherited, such as `constructor`. */
export function getField(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Deeper than any object of the API; what merges, compares and prints objects calls itself once for each level. */
const maxDepth = 1000;

/** Throws a 400 for a value nested too deeply to be worked on. `what` names it. */
export function requireShallow(value: unknown, what: string): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw badRequest(`${what} is nested more than ${maxDepth} levels deep`);
    const next: unknown[] = [];
    for (const container of level) {
      if (typeof container !== "object" || container === null) continue;
      for (const part of Object.values(container)) if (typeof part === "object" && part !== null) next.push(part);
    }
    level = next;
  }
}

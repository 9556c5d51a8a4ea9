/** A deep copy of a JSON value without the fields that are undefined or null: Kubernetes knows no null. Lists keep theirs. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const part = (value as Record<string, unknown>)[key];
    if (part === undefined || part === null) continue;
    const copied = typeof part === "object" ? cloneJson(part) : part;
    if (key === "__proto__") Object.defineProperty(copy, key, { value: copied, enumerable: true, writable: true });
    else copy[key] = copied;
  }
  return copy as T;
}

import { safeEncode } from "./generate_name.ts";

/** JSON with every object's keys in order, absent and undefined fields alike left out: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1));
  });
}

const encoder = new TextEncoder();

/** FNV-1a, 32 bits, over the UTF-8 of `text`. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * The value of `pod-template-hash` and `controller-revision-hash`: the same for equal templates in every release, safe in a name
 * and in a label. `collisionCount` tells apart two templates whose hashes are the same.
 */
export function templateHash(template: unknown, collisionCount = 0): string {
  const text = canonicalJson(template) + (collisionCount === 0 ? "" : `#${collisionCount}`);
  return safeEncode(String(fnv32a(text)));
}

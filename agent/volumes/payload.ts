import type { ConfigMap, KeyToPath, Secret } from "../../api/types/core_v1.ts";
import { isSafePath, type VolumeFile } from "./atomic_writer.ts";
import { VolumeError } from "./contract.ts";

const encoder = new TextEncoder();

export function configMapValues(object: ConfigMap): Map<string, Uint8Array> {
  return new Map([
    ...Object.entries(object.data ?? {}).map(([key, text]) => [key, encoder.encode(text)] as const),
    ...Object.entries(object.binaryData ?? {}).map(([key, text]) => [key, Uint8Array.fromBase64(text)] as const),
  ]);
}

export function secretValues(object: Secret): Map<string, Uint8Array> {
  return new Map(Object.entries(object.data ?? {}).map(([key, text]) => [key, Uint8Array.fromBase64(text)]));
}

/** Files for all keys, or for those that `items` choose. `what` names the object in messages. */
export function filesOf(
  values: ReadonlyMap<string, Uint8Array>,
  items: readonly KeyToPath[] | undefined,
  options: { readonly mode: number; readonly optional: boolean; readonly what: string },
): Map<string, VolumeFile> {
  const files = new Map<string, VolumeFile>();
  if (!items?.length) {
    for (const [key, bytes] of values) files.set(key, { bytes, mode: options.mode });
    return files;
  }
  for (const { key, path, mode } of items) {
    const bytes = values.get(key);
    if (!bytes) {
      if (options.optional) continue;
      throw new VolumeError("notFound", `${options.what} has no key ${JSON.stringify(key)}`);
    }
    files.set(safe(path), { bytes, mode: mode ?? options.mode });
  }
  return files;
}

export function textFile(text: string, mode: number): VolumeFile {
  return { bytes: encoder.encode(text), mode };
}

/** The path without needless parts. Throws a {@linkcode VolumeError} for one that leads out of the volume. */
export function safe(path: string): string {
  const normal = path.split("/").filter((part, i) => part !== "." && (part !== "" || i === 0)).join("/");
  if (!isSafePath(normal)) {
    throw new VolumeError("invalid", `path ${JSON.stringify(path)} leads out of the volume or begins with ".."`);
  }
  return normal;
}

import { Readable } from "node:stream";
import { extract } from "tar-stream";

/** Takes the named files out of a tar archive; throws when one is not there. Paths as they are written, less a leading `./`. */
export async function filesOf(
  archive: Uint8Array,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const reader = extract();
  const chunks = function* () {
    for (let at = 0; at < archive.length; at += 1 << 20) yield archive.subarray(at, at + (1 << 20));
  };
  Readable.from(chunks()).pipe(reader);
  for await (const entry of reader) {
    const path = entry.header.name.replace(/^\.\//, "");
    if (!wanted.includes(path)) {
      entry.resume();
      continue;
    }
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of entry) parts.push(chunk as Uint8Array<ArrayBuffer>);
    found.set(path, new Uint8Array(await new Blob(parts).arrayBuffer()));
  }
  const missing = wanted.filter((path) => !found.get(path)?.length);
  if (missing.length > 0) throw new Error(`the package has no ${missing.join(", ")}`);
  return found;
}

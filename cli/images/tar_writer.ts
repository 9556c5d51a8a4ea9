import { createHash } from "node:crypto";
import type { Pack } from "tar-stream";

/** What a file of an archive is made of. */
export interface TarSource {
  readonly name: string;
  readonly size: number;
  readonly mode?: number;
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** Writes an archive of these files, in this order and without times: the same sources give the same bytes. Answers its size and SHA-256. */
export async function writeTar(
  path: string,
  sources: readonly TarSource[],
): Promise<{ bytes: number; sha256: string }> {
  const { default: { pack } } = await import("tar-stream") as unknown as { default: typeof import("tar-stream") };
  const archive = pack();
  const hash = createHash("sha256");
  let bytes = 0;
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const filled = fill(archive, sources).catch((error) => archive.destroy(error));
  for await (const chunk of archive) {
    const piece = chunk as Uint8Array;
    hash.update(piece);
    for (let written = 0; written < piece.length;) written += await file.write(piece.subarray(written));
    bytes += piece.length;
  }
  await filled;
  await file.sync();
  return { bytes, sha256: hash.digest("hex") };
}

async function fill(archive: Pack, sources: readonly TarSource[]): Promise<void> {
  for (const { name, size, mode = 0o644, content } of sources) {
    await new Promise<void>((resolve, reject) => {
      const entry = archive.entry(
        { name, size, mode, mtime: new Date(0) },
        (error) => error ? reject(error) : resolve(),
      );
      feed(entry, content()).catch(reject);
    });
  }
  archive.finalize();
}

async function feed(entry: NodeJS.WritableStream, content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of content) {
    if (!entry.write(chunk)) await new Promise((resolve) => entry.once("drain", resolve));
  }
  entry.end();
}

/** A small file whose text is known. */
export function textSource(name: string, text: string): TarSource {
  const bytes = new TextEncoder().encode(text);
  return {
    name,
    size: bytes.length,
    content: async function* () {
      if (bytes.length > 0) yield bytes;
    },
  };
}

/** A file of this machine. */
export async function fileSource(name: string, path: string, mode?: number): Promise<TarSource> {
  const { size } = await Deno.stat(path);
  const content = async function* () {
    using file = await Deno.open(path);
    for await (const chunk of file.readable) yield chunk;
  };
  return { name, size, content, ...(mode !== undefined && { mode }) };
}

export async function sha256Of(source: TarSource): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of source.content()) hash.update(chunk);
  return hash.digest("hex");
}

import { gzipSync } from "node:zlib";
import { tar } from "../../agent/images/archive.ts";
import { sha256 } from "./run.ts";

export interface BundledFile {
  /** Relative to where the file is unpacked. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode: number;
}

/** Part of a compressed tar archive. Segments one behind the other, and an {@linkcode end}, are a whole one: gzip and tar both allow it. */
export interface Segment {
  readonly bytes: Uint8Array;
  /** What tar takes for its files, before compression. */
  readonly unpackedBytes: number;
}

/** Two empty blocks end a tar archive. */
const END_BYTES = 1024;

/** Compresses files, sorted by path and without any time, so that the same files give the same bytes. */
export async function segment(files: readonly BundledFile[]): Promise<Segment> {
  const sorted = files.toSorted((a, b) => a.path < b.path ? -1 : 1);
  const archive = (await tar(sorted)).subarray(0, -END_BYTES);
  return { bytes: gzipSync(archive, { level: 9 }), unpackedBytes: archive.length };
}

export function end(): Uint8Array {
  return gzipSync(new Uint8Array(END_BYTES), { level: 9 });
}

/** The same, kept below `cache`: compressing Deno and containerd takes longer than all the rest. `key` names the files' content. */
export async function cachedSegment(
  cache: string,
  key: string,
  files: () => Promise<readonly BundledFile[]>,
): Promise<Segment> {
  const file = `${cache}/segment-${await sha256(new TextEncoder().encode(`${Deno.version.deno} ${key}`))}`;
  const cached = await read(file);
  if (cached) return cached;
  const made = await segment(await files());
  const temporary = `${file}.${crypto.randomUUID()}`;
  // The sum of the bytes stands before them: a file that a full disk cut off is made again.
  const head = new TextEncoder().encode(`${await sha256(made.bytes)} ${made.unpackedBytes}\n`);
  await Deno.writeFile(temporary, new Blob([head, made.bytes as Uint8Array<ArrayBuffer>]).stream());
  await Deno.rename(temporary, file);
  return made;
}

async function read(file: string): Promise<Segment | undefined> {
  const all = await Deno.readFile(file).catch(() => undefined);
  if (all === undefined) return undefined;
  const line = all.indexOf(10);
  const [sum, unpackedBytes] = new TextDecoder().decode(all.subarray(0, line)).split(" ");
  const bytes = all.subarray(line + 1);
  return await sha256(bytes) === sum ? { bytes, unpackedBytes: Number(unpackedBytes) } : undefined;
}

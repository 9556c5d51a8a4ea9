import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { basename } from "node:path";
import { Readable, Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { SnapshotError } from "./error.ts";
import { CHECKSUM_SUFFIX } from "./snapshot_name.ts";

export interface WrittenSnapshot {
  readonly path: string;
  readonly revision: number;
  readonly keys: number;
  /** Of the file. */
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

const NEWLINE = 10;
const HEADER_LIMIT = 4096;

/** Looks at a snapshot that flows by: its header, and whether it is whole. */
class Inspection extends Transform {
  #lines = 0;
  #header = "";

  override _transform(chunk: Uint8Array, _encoding: string, done: TransformCallback): void {
    if (this.#lines === 0 && this.#header.length < HEADER_LIMIT) this.#header += new TextDecoder().decode(chunk);
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) this.#lines++;
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    try {
      const { keys } = this.header();
      if (this.#lines === keys + 1) return done();
      done(
        new SnapshotError("unavailable", `the snapshot broke off: ${this.#lines - 1} of ${keys} keys came, try again`),
      );
    } catch (error) {
      done(error as Error);
    }
  }

  header(): { readonly revision: number; readonly keys: number } {
    try {
      return JSON.parse(this.#header.split("\n", 1)[0]!);
    } catch (cause) {
      throw new SnapshotError("unavailable", "what came is no snapshot", { cause });
    }
  }
}

/** Compresses a datastore's snapshot into a file that nobody else can read, with its checksum beside it. All of it is there under its name, or nothing. */
export async function writeSnapshot(
  snapshot: ReadableStream<Uint8Array>,
  path: string,
  signal?: AbortSignal,
): Promise<WrittenSnapshot> {
  const temporary = `${path}.tmp`;
  const inspection = new Inspection();
  const hash = createHash("sha256");
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  try {
    await pipeline(
      Readable.fromWeb(snapshot as Parameters<typeof Readable.fromWeb>[0]),
      inspection,
      createGzip(),
      measure,
      createWriteStream(temporary, { mode: 0o600 }),
      { ...signal && { signal } },
    );
    const sha256 = hash.digest("hex");
    await Deno.writeTextFile(`${path}${CHECKSUM_SUFFIX}`, `${sha256}  ${basename(path)}\n`, { mode: 0o600 });
    await sync(temporary);
    await sync(`${path}${CHECKSUM_SUFFIX}`);
    await Deno.rename(temporary, path);
    return { path, ...pick(inspection.header()), bytes, sha256 };
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

function pick({ revision, keys }: { readonly revision: number; readonly keys: number }) {
  return { revision, keys };
}

async function sync(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

/** The datastore's snapshot in the file, as `restore` takes it, after its checksum was compared if it has one. */
export async function readSnapshot(path: string): Promise<ReadableStream<Uint8Array>> {
  if (!await Deno.stat(path).then(({ isFile }) => isFile, () => false)) {
    throw new SnapshotError("notFound", `there is no snapshot ${path}`);
  }
  const expected = await readChecksum(path);
  if (expected !== undefined) {
    const actual = await checksumOf(path);
    if (actual !== expected) {
      throw new SnapshotError(
        "corrupt",
        `${path} is damaged: its SHA-256 is ${actual}, but ${path}${CHECKSUM_SUFFIX} says ${expected}; use another snapshot`,
      );
    }
  }
  return ReadableStream.from(decompressed(path));
}

async function* decompressed(path: string): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // An error of either end is that of the second.
  pipeline(createReadStream(path), gunzip).catch(() => {});
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
  } catch (cause) {
    throw new SnapshotError("corrupt", `${path} is damaged: ${(cause as Error).message}; use another snapshot`, {
      cause,
    });
  }
}

async function readChecksum(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(`${path}${CHECKSUM_SUFFIX}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const found = /^([0-9a-f]{64}) /.exec(text);
  if (!found) {
    throw new SnapshotError("corrupt", `${path}${CHECKSUM_SUFFIX} is no checksum file as sha256sum writes it`);
  }
  return found[1];
}

async function checksumOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

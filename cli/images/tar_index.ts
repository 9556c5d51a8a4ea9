/** Where a file lies in an archive. */
export interface TarEntry {
  readonly name: string;
  /** Bytes from the archive's beginning. */
  readonly offset: number;
  readonly size: number;
}

const BLOCK = 512;

/** The plain files of an uncompressed tar archive, read by jumping from header to header. Throws for what is none. */
export async function tarIndex(file: Deno.FsFile): Promise<readonly TarEntry[]> {
  const entries: TarEntry[] = [];
  const { size: total } = await file.stat();
  const header = new Uint8Array(BLOCK);
  for (let at = 0; at + BLOCK <= total;) {
    await readAt(file, at, header);
    // Two empty blocks end it.
    if (header.every((byte) => byte === 0)) return entries;
    const size = Number.parseInt(text(header, 124, 12), 8);
    if (text(header, 257, 5) !== "ustar" || Number.isNaN(size)) throw new Error(`no tar header at byte ${at}`);
    const prefix = text(header, 345, 155), type = text(header, 156, 1);
    const name = `${prefix ? `${prefix}/` : ""}${text(header, 0, 100)}`.replace(/^\.\//, "");
    if (type === "" || type === "0") entries.push({ name, offset: at + BLOCK, size });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new Error("the archive is cut off");
}

/** A stream of one file of it, in pieces. */
export async function* contentOf(file: Deno.FsFile, { offset, size }: TarEntry): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size;) {
    const chunk = new Uint8Array(Math.min(size - at, 1 << 20));
    await readAt(file, offset + at, chunk);
    yield chunk;
    at += chunk.length;
  }
}

export async function textOf(file: Deno.FsFile, entry: TarEntry): Promise<string> {
  const bytes = new Uint8Array(entry.size);
  await readAt(file, entry.offset, bytes);
  return new TextDecoder().decode(bytes);
}

async function readAt(file: Deno.FsFile, offset: number, into: Uint8Array): Promise<void> {
  await file.seek(offset, Deno.SeekMode.Start);
  for (let filled = 0; filled < into.length;) {
    const read = await file.read(into.subarray(filled));
    if (read === null) throw new Error("the archive is cut off");
    filled += read;
  }
}

function text(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}

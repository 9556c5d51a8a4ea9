import { Decompress } from "fzstd";

type Bytes = Uint8Array<ArrayBuffer>;

/** By their first bytes, not by the file's name. */
const FORMATS: readonly {
  readonly magic: readonly number[];
  readonly open: (from: ReadableStream<Bytes>) => ReadableStream<Bytes>;
}[] = [
  { magic: [0x1f, 0x8b], open: (from) => from.pipeThrough(new DecompressionStream("gzip")) },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], open: (from) => from.pipeThrough(zstd()) },
];

/** The file's content, unpacked when it is gzip or zstd. The stream errors on damaged input; reading or cancelling it closes the file. */
export async function openArchive(path: string): Promise<ReadableStream<Bytes>> {
  const file = await Deno.open(path);
  try {
    const start = new Uint8Array(4);
    const length = await file.read(start) ?? 0;
    await file.seek(0, Deno.SeekMode.Start);
    const format = FORMATS.find(({ magic }) => length >= magic.length && magic.every((byte, i) => start[i] === byte));
    return format ? format.open(file.readable) : file.readable;
  } catch (error) {
    file.close();
    throw error;
  }
}

function zstd(): TransformStream<Bytes, Bytes> {
  let decoder: Decompress;
  return new TransformStream({
    start(controller) {
      decoder = new Decompress((chunk) => controller.enqueue(chunk.slice()));
    },
    transform: (chunk) => decoder.push(chunk),
    flush: () => decoder.push(new Uint8Array(), true),
  });
}

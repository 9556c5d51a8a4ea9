import { describe, expect, it } from "vitest";
import { openArchive } from "./decompress.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A zstd frame of blocks that are not compressed (RFC 8878): window of 1 MB, no checksum. */
function zstdOf(content: Uint8Array): Bytes {
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50)];
  for (let at = 0; at < content.length; at += 100_000) {
    const block = content.subarray(at, at + 100_000);
    const head = block.length << 3 | (at + 100_000 >= content.length ? 1 : 0);
    parts.push(Uint8Array.of(head & 255, head >> 8 & 255, head >> 16), block);
  }
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (joined.set(part, at), at + part.length), 0);
  return joined;
}

async function gzipOf(content: Bytes): Promise<Bytes> {
  const stream = new Blob([content]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

describe("openArchive", () => {
  const content = new Uint8Array(350_000).map((_, i) => Math.imul(i * i + 7, 0x9e3779b1) >>> 21);

  async function read(file: Bytes): Promise<Uint8Array> {
    const path = await Deno.makeTempFile({ prefix: "archive-" });
    try {
      await Deno.writeFile(path, file);
      return new Uint8Array(await new Response(await openArchive(path)).arrayBuffer());
    } finally {
      await Deno.remove(path);
    }
  }

  it("unpacks gzip and zstd by their content, and leaves the rest as it is", async () => {
    expect(await read(content)).toEqual(content);
    expect(await read(await gzipOf(content))).toEqual(content);
    expect(await read(zstdOf(content))).toEqual(content);
    expect(await read(new Uint8Array())).toEqual(new Uint8Array());
  });

  it("errors on damaged files", async () => {
    await expect(read((await gzipOf(content)).slice(0, 5_000))).rejects.toThrow();
    await expect(read(zstdOf(content).slice(0, 5_000))).rejects.toThrow();
    const damaged = await gzipOf(content);
    damaged[200_000]! ^= 0xff;
    await expect(read(damaged)).rejects.toThrow();
  });
});

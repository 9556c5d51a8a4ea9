import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** A client that explains or validates asks several times in a row; then nobody for hours. */
const KEPT_MILLISECONDS = 5 * 60_000;

interface Kept {
  readonly compressed: Promise<Uint8Array>;
  readonly etag: string;
  forget: ReturnType<typeof setTimeout>;
}

/** Large documents made when asked for, kept compressed, and dropped when nobody has asked for a while. */
export class DocumentCache {
  readonly #kept = new Map<string, Kept>();

  /** `make` gives the document whole. */
  async get(
    key: string,
    etag: string,
    make: () => string | Uint8Array,
  ): Promise<{ readonly etag: string; bytes(): Promise<Uint8Array> }> {
    const compressed = await this.#compressed(key, etag, make);
    return { etag, bytes: () => decompress(compressed) };
  }

  #compressed(key: string, etag: string, make: () => string | Uint8Array): Promise<Uint8Array> {
    let kept = this.#kept.get(key);
    if (kept === undefined || kept.etag !== etag) {
      clearTimeout(kept?.forget);
      kept = { compressed: compress(make()), etag, forget: this.#timer(key) };
      this.#kept.set(key, kept);
    } else {
      clearTimeout(kept.forget);
      kept.forget = this.#timer(key);
    }
    return kept.compressed;
  }

  #timer(key: string): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#kept.delete(key), KEPT_MILLISECONDS);
    Deno.unrefTimer(timer);
    return timer;
  }
}

/** A hash of what a document is made from, so that the index of all need not make them. */
export function tagOf(source: unknown): string {
  return createHash("sha256").update(JSON.stringify(source)).digest("hex").toUpperCase();
}

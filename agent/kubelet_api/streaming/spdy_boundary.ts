const HEADER = 8;
const AGREED = "HTTP/1.1 101 ";
const HEAD_END = "\r\n\r\n";

/**
 * Follows a runtime's side of a SPDY connection, from the answer to the upgrade on, as far as is needed to know where a frame of ours may be put
 * between its own.
 */
export class SpdyBoundary {
  /** Of the answer to the upgrade; undefined once that is over. */
  #head: string | undefined = "";
  #refused = false;
  readonly #header = new Uint8Array(HEADER);
  #filled = 0;
  /** Bytes of the frame that is still to come. */
  #left = 0;

  /** Everything so far has been whole frames. */
  get isReached(): boolean {
    return this.#head === undefined && !this.#refused && this.#filled === 0 && this.#left === 0;
  }

  push(chunk: Uint8Array): void {
    let at = this.#head === undefined ? 0 : this.#pushHead(this.#head, chunk);
    while (at < chunk.length && !this.#refused) {
      const skipped = Math.min(this.#left, chunk.length - at);
      this.#left -= skipped;
      at += skipped;
      while (this.#left === 0 && at < chunk.length && this.#filled < HEADER) {
        this.#header[this.#filled++] = chunk[at++]!;
      }
      if (this.#filled < HEADER) continue;
      this.#filled = 0;
      this.#left = this.#header[5]! << 16 | this.#header[6]! << 8 | this.#header[7]!;
    }
  }

  /** How much of the chunk belongs to the answer. */
  #pushHead(before: string, chunk: Uint8Array): number {
    const text = before + new TextDecoder("latin1").decode(chunk);
    const end = text.indexOf(HEAD_END);
    if (end < 0) {
      // What was refused goes on as the runtime likes.
      this.#refused = !AGREED.startsWith(text.slice(0, AGREED.length));
      this.#head = this.#refused ? undefined : text;
      return chunk.length;
    }
    this.#head = undefined;
    this.#refused = !text.startsWith(AGREED);
    return end + HEAD_END.length - before.length;
  }
}

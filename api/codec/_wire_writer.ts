/** From this length on a text is encoded faster by the runtime than by a loop here. */
const LONG_TEXT = 64;
const FIRST_CAPACITY = 16 * 1024;
/** A buffer that has grown beyond it is not kept. */
const KEPT_CAPACITY = 1024 * 1024;
const TWO_TO_32 = 2 ** 32;

const encoder = new TextEncoder();

/**
 * Protobuf into one growing buffer. The length of a message comes before its content and is known after it: room is left for as many bytes as it will
 * probably take, and the content moved where that was wrong.
 */
export class WireWriter {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** Bytes written. */
  get length(): number {
    return this.#at;
  }

  /** A copy of what was written; the writer is empty after it. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#at);
    this.clear();
    return taken;
  }

  /** Forgets what was written. */
  clear(): void {
    this.#at = 0;
    if (this.#bytes.length > KEPT_CAPACITY) this.#use(new Uint8Array(FIRST_CAPACITY));
  }

  /** An integer of 0 to 2^32 - 1. */
  varint(value: number): void {
    this.#need(5);
    let at = this.#at;
    const bytes = this.#bytes;
    while (value > 127) {
      bytes[at++] = value & 127 | 128;
      value >>>= 7;
    }
    bytes[at++] = value;
    this.#at = at;
  }

  /** A signed integer of up to 53 bits; of a negative one protobuf takes all 64. */
  integer(value: number): void {
    if (value >= 0 && value < TWO_TO_32) return this.varint(value);
    let high = Math.floor(value / TWO_TO_32) >>> 0;
    let low = value >>> 0;
    this.#need(10);
    while (high > 0 || low > 127) {
      this.#bytes[this.#at++] = low & 127 | 128;
      low = (low >>> 7 | high << 25) >>> 0;
      high >>>= 7;
    }
    this.#bytes[this.#at++] = low;
  }

  double(value: number): void {
    this.#need(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** Bytes with their length before them. */
  blob(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#need(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** A text in UTF-8 with its length before it. */
  text(text: string): void {
    const { length } = text;
    if (length >= LONG_TEXT) return this.#longText(text);
    this.#need(length + 1);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return this.#longText(text);
      bytes[at++] = code;
    }
    this.#at = at;
  }

  /**
   * What `write` writes of `value`, with its length before it, which will take `width` bytes as far as the caller can tell. Answers how many it took: a good
   * guess for the next of the kind.
   */
  message<T>(width: number, write: (writer: WireWriter, value: T) => void, value: T): number {
    this.#need(width);
    this.#at += width;
    const start = this.#at;
    write(this, value);
    return this.#close(start, width);
  }

  #close(start: number, width: number): number {
    const length = this.#at - start;
    const taken = widthOf(length);
    if (taken !== width) {
      this.#need(taken);
      this.#bytes.copyWithin(start - width + taken, start, this.#at);
    }
    this.#at = start - width;
    this.varint(length);
    this.#at += length;
    return taken;
  }

  #longText(text: string): void {
    // Not more than three bytes for each UTF-16 unit, and at least one.
    const width = widthOf(text.length);
    this.#need(width + text.length * 3);
    const start = this.#at += width;
    this.#at += encoder.encodeInto(text, this.#bytes.subarray(start)).written;
    this.#close(start, width);
  }

  #need(count: number): void {
    const wanted = this.#at + count;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#use(grown);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Bytes that a length takes as a varint. */
function widthOf(length: number): number {
  let width = 1;
  for (let rest = length >>> 7; rest > 0; rest >>>= 7) width++;
  return width;
}

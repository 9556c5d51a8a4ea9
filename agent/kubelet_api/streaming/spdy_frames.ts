/**
 * SPDY/3.1 frames as far as a client of a container runtime's streaming server needs them. The protocol is long dead on the web and lives on
 * in exec, attach and port-forward (chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1).
 */
export type SpdyFrame =
  /** A frame's data arrives in as many pieces as the network made of it; only the last of a frame may have `fin`. */
  | { readonly type: "data"; readonly streamId: number; readonly data: Uint8Array; readonly fin: boolean }
  | { readonly type: "reply"; readonly streamId: number; readonly fin: boolean }
  | { readonly type: "reset"; readonly streamId: number; readonly status: number }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goAway"; readonly status: number };

/** The peer broke the protocol. */
export class SpdyError extends Error {
  override readonly name = "SpdyError";
}

const CONTROL = 0x80;
const VERSION = 3;
const TYPE = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7 };
const FIN = 0x01;
const HEADER = 8;
/** Control frames are header blocks at most; a runtime's are a few dozen bytes. */
const LARGEST_CONTROL = 64 * 1024;
/** The length of a frame has 24 bits; smaller ones let streams take turns. */
const LARGEST_DATA = 256 * 1024;

function frame(first: number, second: number, length: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(HEADER + length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, first);
  view.setUint32(4, second);
  return { bytes, view };
}

function control(type: number, flags: number, length: number): { bytes: Uint8Array; view: DataView } {
  return frame((CONTROL << 24 | VERSION << 16 | type) >>> 0, (flags << 24 | length) >>> 0, length);
}

export function pingFrame(id: number): Uint8Array {
  const { bytes, view } = control(TYPE.ping, 0, 4);
  view.setUint32(HEADER, id);
  return bytes;
}

/** One or more DATA frames, the last one with FIN when asked for. */
export function* dataFrames(streamId: number, data: Uint8Array, fin: boolean): Generator<Uint8Array> {
  let at = 0;
  do {
    const piece = data.subarray(at, at + LARGEST_DATA);
    at += piece.length;
    const last = fin && at >= data.length;
    const { bytes } = frame(streamId, ((last ? FIN : 0) << 24 | piece.length) >>> 0, piece.length);
    bytes.set(piece, HEADER);
    yield bytes;
  } while (at < data.length);
}

/**
 * Opens streams. The header blocks of a connection are one zlib stream; ours holds them in stored blocks, which every inflater reads
 * and which need neither a compressor nor SPDY's dictionary.
 */
export class SynStreamEncoder {
  #started = false;

  encode(streamId: number, headers: Readonly<Record<string, string>>): Uint8Array {
    const block = headerBlock(headers);
    // 0x7801: deflate, no dictionary. A stored block, then an empty one, which makes the reader give out what it has.
    const start = this.#started ? [] : [0x78, 0x01];
    this.#started = true;
    const n = block.length;
    const stored = [...start, 0, n & 0xff, n >> 8, ~n & 0xff, ~n >> 8 & 0xff];
    const flush = [0, 0, 0, 0xff, 0xff];
    const { bytes, view } = control(TYPE.synStream, 0, 10 + stored.length + n + flush.length);
    view.setUint32(HEADER, streamId);
    bytes.set(stored, HEADER + 10);
    bytes.set(block, HEADER + 10 + stored.length);
    bytes.set(flush, HEADER + 10 + stored.length + n);
    return bytes;
  }
}

function headerBlock(headers: Readonly<Record<string, string>>): Uint8Array {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  const number = (value: number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value);
    parts.push(bytes);
  };
  const rows = Object.entries(headers);
  number(rows.length);
  for (const text of rows.flatMap(([name, value]) => [name.toLowerCase(), value])) {
    const bytes = encoder.encode(text);
    number(bytes.length);
    parts.push(bytes);
  }
  const block = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    block.set(part, at);
    at += part.length;
  }
  if (block.length > 0xffff) throw new RangeError(`header block of ${block.length} bytes: a stored block holds 65535`);
  return block;
}

/** Cuts what arrives into frames. Frames that say nothing to us (settings, headers, window updates) are left out. */
export class SpdyDecoder {
  /** An incomplete header or control frame. */
  #kept: Uint8Array = new Uint8Array();
  /** The DATA frame that is being received, if any. */
  #open: { streamId: number; fin: boolean; left: number } | undefined;

  /** Throws {@linkcode SpdyError}. Data given out shares memory with the chunk. */
  *push(chunk: Uint8Array): Generator<SpdyFrame> {
    let bytes = chunk;
    if (this.#kept.length > 0) {
      bytes = new Uint8Array(this.#kept.length + chunk.length);
      bytes.set(this.#kept);
      bytes.set(chunk, this.#kept.length);
    }
    let at = 0;
    for (;;) {
      const open = this.#open;
      if (open) {
        const data = bytes.subarray(at, at + open.left);
        at += data.length;
        open.left -= data.length;
        const whole = open.left === 0;
        if (whole) this.#open = undefined;
        if (data.length > 0 || whole) {
          yield { type: "data", streamId: open.streamId, data, fin: whole && open.fin };
        }
        if (!whole) break;
      }
      if (bytes.length - at < HEADER) break;
      const view = new DataView(bytes.buffer, bytes.byteOffset + at);
      const length = view.getUint32(4) & 0xffffff;
      const fin = (view.getUint8(4) & FIN) !== 0;
      if (!(view.getUint8(0) & CONTROL)) {
        this.#open = { streamId: view.getUint32(0), fin, left: length };
        at += HEADER;
        continue;
      }
      const version = view.getUint16(0) & 0x7fff;
      if (version !== VERSION) throw new SpdyError(`control frame of SPDY version ${version} instead of ${VERSION}`);
      if (length > LARGEST_CONTROL) throw new SpdyError(`control frame of ${length} bytes`);
      if (bytes.length - at < HEADER + length) break;
      const known = CONTROL_FRAMES[view.getUint16(2)];
      if (known && length < known.size) throw new SpdyError(`control frame ${view.getUint16(2)} of ${length} bytes`);
      if (known) yield known.read(view, fin);
      at += HEADER + length;
    }
    this.#kept = bytes.slice(at);
  }
}

const CONTROL_FRAMES: Readonly<
  Record<number, { readonly size: number; readonly read: (view: DataView, fin: boolean) => SpdyFrame }>
> = {
  [TYPE.synReply]: {
    size: 4,
    read: (view, fin) => ({ type: "reply", streamId: view.getUint32(HEADER) & 0x7fffffff, fin }),
  },
  [TYPE.reset]: {
    size: 8,
    read: (view) => ({
      type: "reset",
      streamId: view.getUint32(HEADER) & 0x7fffffff,
      status: view.getUint32(HEADER + 4),
    }),
  },
  [TYPE.ping]: { size: 4, read: (view) => ({ type: "ping", id: view.getUint32(HEADER) }) },
  [TYPE.goAway]: { size: 8, read: (view) => ({ type: "goAway", status: view.getUint32(HEADER + 4) }) },
};

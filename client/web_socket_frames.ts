import type { Duplex } from "node:stream";

/** Finds where the frames of a WebSocket's bytes end (RFC 6455, 5.2), in pieces however cut. */
export class FrameBoundaries {
  /** Of the frame's header, while it is incomplete. */
  #header: number[] = [];
  /** Bytes of the frame still to come behind its header. */
  #left = 0;

  /** The same bytes, cut behind every frame that ends in them. */
  split(bytes: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let from = 0;
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        this.#header.push(bytes[at++]!);
        const length = payloadLength(this.#header);
        if (length === undefined) continue;
        this.#header = [];
        this.#left = length;
      }
      if (this.#left === 0 && this.#header.length === 0) {
        pieces.push(bytes.subarray(from, at));
        from = at;
      }
    }
    if (from < bytes.length) pieces.push(bytes.subarray(from));
    return pieces;
  }
}

/** What follows a header, once it is complete. */
function payloadLength(header: readonly number[]): number | undefined {
  const second = header[1];
  if (second === undefined) return undefined;
  const short = second & 0x7f;
  const extension = short === 126 ? 2 : short === 127 ? 8 : 0;
  const mask = second & 0x80 ? 4 : 0;
  if (header.length < 2 + extension + mask) return undefined;
  return extension === 0 ? short : header.slice(2, 2 + extension).reduce((sum, byte) => sum * 256 + byte, 0);
}

/**
 * Lets each WebSocket frame leave a TLS socket in a record of its own. Clients that wait for the socket to become readable (Python's) never look again at
 * a second frame that came in the same record as the first: the end of a command whose output they have would never reach them.
 */
export function writeFrameByFrame(socket: Duplex): void {
  const boundaries = new FrameBoundaries();
  const write = socket._write;
  // Several waiting writes would become one.
  (socket as { _writev: unknown })._writev = null;
  socket._write = function (chunk, encoding, callback) {
    const pieces = boundaries.split(chunk);
    const next = (error?: Error | null): void => {
      const piece = pieces.shift();
      if (error || piece === undefined) return callback(error);
      write.call(socket, piece, encoding, next);
    };
    next();
  };
}

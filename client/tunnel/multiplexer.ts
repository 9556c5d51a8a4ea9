import type { Duplex } from "node:stream";
import { decodeFrame, encodeFrame, type Frame, TunnelProtocolError } from "./frames.ts";
import { TunnelStream } from "./tunnel_stream.ts";

/** Of one tunnel at a time. */
export const MAX_STREAMS = 500;

export interface MultiplexerOptions {
  /** Sends one message, in order; called after {@linkcode Multiplexer.close} no more. */
  readonly send: (message: Uint8Array) => void;
  /** What the other end opened; without it the other end may open nothing. */
  readonly accept?: (stream: Duplex) => void;
}

/** Many connections through one: one end opens streams, the other accepts them. */
export class Multiplexer {
  readonly #options: MultiplexerOptions;
  readonly #streams = new Map<number, TunnelStream>();
  #last = 0;
  #closed = false;

  constructor(options: MultiplexerOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Throws when there are too many, or the tunnel is closed. */
  open(): Duplex {
    if (this.#closed) throw new Error("the tunnel is closed");
    if (this.#streams.size >= MAX_STREAMS) throw new Error(`the tunnel has ${MAX_STREAMS} connections already`);
    const stream = this.#add(++this.#last);
    this.#send({ kind: "open", stream: this.#last });
    return stream;
  }

  /** Takes a message of the other end. Throws a {@linkcode TunnelProtocolError}: then the tunnel is to be closed. */
  receive(message: Uint8Array): void {
    const frame = decodeFrame(message);
    if (frame.kind === "open") return this.#opened(frame.stream);
    if (frame.stream > this.#last) throw new TunnelProtocolError(`there is no stream ${frame.stream}`);
    // Of one that this end has given up the rest may still be on its way.
    this.#streams.get(frame.stream)?.receive(frame);
  }

  /** Ends all streams. */
  close(error: Error = new Error("the tunnel was closed")): void {
    this.#closed = true;
    for (const stream of [...this.#streams.values()]) stream.cut(error);
  }

  #opened(id: number): void {
    const { accept } = this.#options;
    if (accept === undefined || id !== this.#last + 1) throw new TunnelProtocolError(`stream ${id} may not be opened`);
    this.#last = id;
    if (this.#streams.size >= MAX_STREAMS) return this.#send({ kind: "reset", stream: id });
    accept(this.#add(id));
  }

  #add(id: number): TunnelStream {
    const stream = new TunnelStream(id, (frame) => this.#send(frame), () => this.#streams.delete(id));
    this.#streams.set(id, stream);
    return stream;
  }

  #send(frame: Frame): void {
    if (!this.#closed) this.#options.send(encodeFrame(frame));
  }
}

import type { Duplex } from "node:stream";
import { dataFrames, pingFrame, SpdyDecoder, SynStreamEncoder } from "./spdy_frames.ts";
import { connectSpdy, StreamingError } from "./upstream.ts";

export interface SpdyStreamEvents {
  readonly onData?: (data: Uint8Array) => void;
  /** The peer sends nothing more on it. */
  readonly onEnd?: () => void;
}

export interface SpdyStream {
  /** False when the connection's buffer is full: then wait for `onDrain`. */
  write(data: Uint8Array): boolean;
  /** Half-closes it. */
  end(): void;
}

/**
 * The client's side of a SPDY connection to a container runtime. Runtimes' servers (moby/spdystream) neither send nor heed window updates; TCP's
 * own flow control holds both sides back, so `pause` stops all streams at once.
 */
export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #decoder = new SpdyDecoder();
  readonly #encoder = new SynStreamEncoder();
  readonly #streams = new Map<number, SpdyStreamEvents>();
  #nextId = 1;
  #closed = false;
  /** Called once, with an error when the connection broke. */
  onClose: (error?: Error) => void = () => {};
  onDrain: () => void = () => {};

  private constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    socket.on("drain", () => this.onDrain());
    socket.on("error", (error: Error) => this.#close(error));
    socket.on("end", () => this.#close());
    socket.on("close", () => this.#close());
  }

  /** Rejects with a `StreamingError`. Nothing is read before `resume` is called. */
  static async open(url: string, protocol: string): Promise<SpdyConnection> {
    const { socket, first } = await connectSpdy(url, protocol);
    const connection = new SpdyConnection(socket);
    socket.pause();
    if (first.length > 0) connection.#receive(first);
    return connection;
  }

  openStream(headers: Readonly<Record<string, string>>, events: SpdyStreamEvents = {}): SpdyStream {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(id, events);
    this.#socket.write(this.#encoder.encode(id, headers));
    const send = (data: Uint8Array, fin: boolean) => {
      let room = true;
      if (!this.#closed) { for (const frame of dataFrames(id, data, fin)) room = this.#socket.write(frame); }
      return room;
    };
    return { write: (data) => data.length === 0 || send(data, false), end: () => void send(new Uint8Array(), true) };
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#close();
  }

  #receive(chunk: Uint8Array): void {
    try {
      for (const frame of this.#decoder.push(chunk)) {
        if (frame.type === "data") {
          const stream = this.#streams.get(frame.streamId);
          if (frame.data.length > 0) stream?.onData?.(frame.data);
          if (frame.fin) this.#ended(frame.streamId);
        } else if (frame.type === "reset" || (frame.type === "reply" && frame.fin)) this.#ended(frame.streamId);
        // Ids of pings that the peer began are even; an answer to one would be answered for ever.
        else if (frame.type === "ping" && frame.id % 2 === 0) this.#socket.write(pingFrame(frame.id));
      }
    } catch (error) {
      this.#close(new StreamingError("brokenProtocol", (error as Error).message, { cause: error }));
    }
  }

  #ended(id: number): void {
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    stream?.onEnd?.();
  }

  #close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const id of [...this.#streams.keys()]) this.#ended(id);
    this.#socket.destroy();
    this.onClose(error);
  }
}

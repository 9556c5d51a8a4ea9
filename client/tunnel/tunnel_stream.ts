import { Duplex } from "node:stream";
import { type Frame, MAX_DATA, TunnelProtocolError } from "./frames.ts";

/** Bytes that one end may send before the other has taken any. What a stream holds in memory is twice that at most. */
export const WINDOW = 256 * 1024;

/** One connection through a tunnel, as a stream whose directions end apart. A slow reader holds nobody up but its own writer. */
export class TunnelStream extends Duplex {
  readonly #id: number;
  readonly #send: (frame: Frame) => void;
  readonly #forget: () => void;
  /** Bytes that the other end takes yet. */
  #credit = WINDOW;
  #writing: { chunk: Uint8Array; readonly done: () => void } | undefined;
  /** Received and not yet read. */
  readonly #queue: Uint8Array[] = [];
  /** Bytes that the other end may send yet. */
  #allowed = WINDOW;
  /** Bytes read for which no credit has been given yet. */
  #read = 0;
  #wanted = false;
  #peerEnded = false;
  #ended = false;
  #peerGone = false;

  constructor(id: number, send: (frame: Frame) => void, forget: () => void) {
    super({ allowHalfOpen: true, readableHighWaterMark: MAX_DATA, writableHighWaterMark: MAX_DATA });
    this.#id = id;
    this.#send = send;
    this.#forget = forget;
    // Who opened it may be gone before anybody listens, and an error that nobody hears ends the process.
    this.on("error", () => {});
  }

  /** Throws a {@linkcode TunnelProtocolError}. */
  receive(frame: Frame): void {
    if (frame.kind === "data") this.#take(frame.bytes);
    else if (frame.kind === "credit") this.#mayWrite(frame.bytes);
    else if (frame.kind === "end") {
      this.#peerEnded = true;
      this.#pump();
    } else {
      this.#peerGone = true;
      this.destroy(
        Object.assign(new Error("the other end of the tunnel gave the connection up"), { code: "ECONNRESET" }),
      );
    }
  }

  /** The tunnel is no more. */
  cut(error: Error): void {
    this.#peerGone = true;
    this.destroy(error);
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length > this.#allowed || this.#peerEnded) {
      throw new TunnelProtocolError(`stream ${this.#id} got more than it has room for`);
    }
    this.#allowed -= bytes.length;
    this.#queue.push(bytes);
    this.#pump();
  }

  #pump(): void {
    while (this.#wanted && this.#queue.length > 0) {
      const bytes = this.#queue.shift()!;
      this.#read += bytes.length;
      this.#wanted = this.push(bytes);
    }
    if (this.#read >= WINDOW / 4 && !this.#peerEnded) {
      this.#allowed += this.#read;
      this.#send({ kind: "credit", stream: this.#id, bytes: this.#read });
      this.#read = 0;
    }
    if (this.#wanted && this.#peerEnded && this.#queue.length === 0) {
      this.#wanted = false;
      this.push(null);
    }
  }

  #mayWrite(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit > WINDOW) throw new TunnelProtocolError(`stream ${this.#id} was given more credit than there is`);
    this.#flush();
  }

  #flush(): void {
    while (this.#writing && this.#credit > 0) {
      const { chunk, done } = this.#writing;
      const size = Math.min(chunk.length, this.#credit, MAX_DATA);
      if (size > 0) this.#send({ kind: "data", stream: this.#id, bytes: chunk.subarray(0, size) });
      this.#credit -= size;
      this.#writing.chunk = chunk.subarray(size);
      if (size < chunk.length) continue;
      this.#writing = undefined;
      done();
    }
  }

  override _read(): void {
    this.#wanted = true;
    this.#pump();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#writing = { chunk, done };
    this.#flush();
  }

  override _final(done: () => void): void {
    this.#ended = true;
    this.#send({ kind: "end", stream: this.#id });
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#forget();
    this.#queue.length = 0;
    this.#writing = undefined;
    const isOver = this.#ended && this.#peerEnded;
    if (!isOver && !this.#peerGone) this.#send({ kind: "reset", stream: this.#id });
    done(error);
  }
}

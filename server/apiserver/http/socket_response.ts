import { type OutgoingHttpHeaders, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpResponse } from "./message.ts";

/** An answer written by hand on a connection whose request asked to switch protocols: whoever answers at all refuses, and closes. */
export class SocketResponse implements HttpResponse {
  readonly #socket: Duplex;
  readonly #headers: Record<string, string> = {};
  #released = false;
  #code = 101;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** The connection, for what it was switched to. */
  release(): Duplex {
    this.#released = true;
    return this.#socket;
  }

  get statusCode(): number {
    return this.#code;
  }

  get headersSent(): boolean {
    return this.#released || this.#code !== 101;
  }

  get writableLength(): number {
    return this.#socket.writableLength;
  }

  get writableEnded(): boolean {
    return this.#socket.writableEnded;
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }

  setHeader(name: string, value: string): void {
    this.#headers[name] = value;
  }

  writeHead(code: number, headers: OutgoingHttpHeaders = {}): void {
    this.#code = code;
    const lines = Object.entries({ ...this.#headers, ...headers }).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${one}\r\n`)
    );
    this.#socket.write(`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ""}\r\n${lines.join("")}connection: close\r\n\r\n`);
  }

  write(chunk: string | Uint8Array): boolean {
    return this.#socket.write(chunk);
  }

  end(chunk?: string | Uint8Array): void {
    if (chunk === undefined) this.#socket.end();
    else this.#socket.end(chunk);
  }

  destroy(error?: Error): void {
    this.#socket.destroy(error);
  }

  on(event: "close" | "drain" | "error", listener: (error?: Error) => void): void {
    this.#socket.on(event, listener);
  }

  once(event: "close" | "drain" | "error", listener: (error?: Error) => void): void {
    this.#socket.once(event, listener);
  }

  off(event: "close" | "drain" | "error", listener: (error?: Error) => void): void {
    this.#socket.off(event, listener);
  }
}

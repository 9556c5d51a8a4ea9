import type { WebSocket } from "./web_socket.ts";

/** Bytes handed to a WebSocket and not yet taken by the network, beyond which its source is held back. */
const HIGH_WATER = 1024 * 1024;

/**
 * The sending side of a WebSocket with backpressure: `hold` is called when too much waits, `release` when it has gone. Pieces are copied: the
 * WebSocket may keep them a while.
 */
export class WebSocketSender {
  #waiting = 0;
  #held = false;

  constructor(
    private readonly socket: WebSocket,
    private readonly source: { readonly hold: () => void; readonly release: () => void },
  ) {}

  /** With a channel number the first byte of the message is that number. */
  send(data: Uint8Array, channel?: number): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    const prefix = channel === undefined ? 0 : 1;
    const message = new Uint8Array(prefix + data.length);
    if (channel !== undefined) message[0] = channel;
    message.set(data, prefix);
    this.#waiting += message.length;
    this.socket.send(message, () => {
      this.#waiting -= message.length;
      if (this.#held && this.#waiting < HIGH_WATER / 2) {
        this.#held = false;
        this.source.release();
      }
    });
    if (!this.#held && this.#waiting > HIGH_WATER) {
      this.#held = true;
      this.source.hold();
    }
  }
}

/** A message's bytes, however the WebSocket library gave them. */
export function messageBytes(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (typeof data === "string") return new TextEncoder().encode(data);
  return new TextEncoder().encode(String(data));
}

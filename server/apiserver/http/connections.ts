import type { TLSSocket } from "node:tls";
import type { Peer } from "./message.ts";

export interface IdleLimits {
  /** From the TLS handshake to the end of the first request's headers. */
  readonly firstRequestMilliseconds: number;
  /** From the end of the last request. */
  readonly idleMilliseconds: number;
}

/** An HTTP/1.1 connection's socket, or an HTTP/2 session. */
export interface Closable {
  on(event: "close", listener: () => void): unknown;
  destroy(): unknown;
}

/**
 * The open connections, and how long each has been without a request: Deno's HTTP server has no timeouts of its own, not even for
 * headers that never end. One timer looks at them all, and runs only while there are any.
 */
export class ConnectionTable {
  readonly #limits: IdleLimits;
  readonly #connections = new Map<Closable, Connection>();
  #sweeper: ReturnType<typeof setInterval> | undefined;

  constructor(limits: IdleLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** The record of a connection, made when it is first asked for and kept until it closes. */
  of(handle: Closable, socket: TLSSocket): Connection {
    const known = this.#connections.get(handle);
    if (known !== undefined) return known;
    const connection = new Connection({
      address: socket.remoteAddress ?? "",
      certificate: socket.getPeerCertificate?.()?.raw,
    });
    this.#connections.set(handle, connection);
    handle.on("close", () => this.#forget(handle));
    if (this.#sweeper === undefined) {
      const shortest = Math.min(this.#limits.firstRequestMilliseconds, this.#limits.idleMilliseconds);
      this.#sweeper = setInterval(() => this.#sweep(), Math.max(shortest / 4, 10));
    }
    return connection;
  }

  close(): void {
    for (const handle of this.#connections.keys()) handle.destroy();
    this.#connections.clear();
    this.#stopSweeping();
  }

  #forget(handle: Closable): void {
    this.#connections.delete(handle);
    if (this.#connections.size === 0) this.#stopSweeping();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [handle, connection] of this.#connections) {
      if (connection.idleFor(now) > this.#allowance(connection)) handle.destroy();
    }
  }

  #allowance(connection: Connection): number {
    return connection.used ? this.#limits.idleMilliseconds : this.#limits.firstRequestMilliseconds;
  }
}

/** One connection and its requests in flight. */
export class Connection {
  readonly peer: Peer;
  #requests = 0;
  #since = performance.now();
  #used = false;

  constructor(peer: Peer) {
    this.peer = peer;
  }

  /** It has had a request. */
  get used(): boolean {
    return this.#used;
  }

  begin(): void {
    this.#requests++;
    this.#used = true;
  }

  end(): void {
    if (--this.#requests === 0) this.#since = performance.now();
  }

  /** Milliseconds; 0 with a request in flight. */
  idleFor(now: number): number {
    return this.#requests > 0 ? 0 : now - this.#since;
  }
}

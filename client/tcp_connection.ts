import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";

const CHUNK = 32 * 1024;

/**
 * A TCP connection as a stream that reads only what is asked for, and whose two directions fail apart. With node:net's sockets a failed write throws
 * away what the peer had said before; here a peer that takes nothing more is still heard to its end, and what is
 * written to it meanwhile is dropped.
 */
export class TcpConnection extends Duplex {
  readonly #connection: Deno.TcpConn;
  #buffer = Buffer.allocUnsafeSlow(CHUNK);
  #deaf = false;

  private constructor(connection: Deno.TcpConn) {
    super({ allowHalfOpen: true, readableHighWaterMark: CHUNK, writableHighWaterMark: CHUNK });
    this.#connection = connection;
    connection.setNoDelay(true);
  }

  /** Rejects with Deno's error, or the signal's reason. The signal means nothing any more once connected. */
  static async connect(hostname: string, port: number, signal: AbortSignal): Promise<TcpConnection> {
    return new TcpConnection(await Deno.connect({ hostname, port, signal }));
  }

  override async _read(): Promise<void> {
    try {
      const count = await this.#connection.read(this.#buffer);
      this.push(count === null ? null : this.#taken(count));
    } catch (error) {
      // A peer that closes over unread input of ours resets the connection behind its last words.
      if (error instanceof Deno.errors.ConnectionReset) this.push(null);
      else this.destroy(error as Error);
    }
  }

  /** A large piece goes out as it is, a small one as a copy, so that it does not hold on to the whole buffer. */
  #taken(count: number): Uint8Array {
    const piece = this.#buffer.subarray(0, count);
    if (count < CHUNK / 2) return Buffer.from(piece);
    this.#buffer = Buffer.allocUnsafeSlow(CHUNK);
    return piece;
  }

  override async _write(chunk: Uint8Array, _encoding: string, done: () => void): Promise<void> {
    try {
      for (let at = 0; at < chunk.length && !this.#deaf;) at += await this.#connection.write(chunk.subarray(at));
    } catch {
      this.#deaf = true;
    }
    done();
  }

  override async _final(done: () => void): Promise<void> {
    // A peer that has gone needs not be told.
    if (!this.#deaf) await this.#connection.closeWrite().catch(() => {});
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#connection.close();
    done(error);
  }
}

import type { Duplex, Readable } from "node:stream";
import type { TLSSocket } from "node:tls";

/** What of Deno's handles is touched; none of it is public, so all of it may be missing. */
interface Handle {
  readStart(): unknown;
  readStop(): unknown;
  emitEof?(): unknown;
  readonly _nativeTcpHandle?: { readStart(): unknown; readStop(): unknown } | null;
}

/**
 * Works around two defects of Deno's TLS sockets (seen in 2.9.5), for one that is paused at times. Pausing stops nothing: the
 * connection is read on and its bytes pile up in memory. And a peer's end that comes meanwhile is lost: neither `end` nor `close` is ever
 * emitted. To be called when the handshake is over. A socket that runs over another stream than a TCP connection names it as `under`.
 */
export function guardTlsSocket(socket: TLSSocket, under?: Duplex): void {
  const { _handle: handle } = socket as unknown as { _handle?: Handle | null };
  if (!handle) return;
  const { readStart, readStop, emitEof } = Object.getPrototypeOf(handle) as Handle;
  handle.readStop = function () {
    handle._nativeTcpHandle?.readStop();
    under?.pause();
    return readStop.call(handle);
  };
  handle.readStart = function () {
    handle._nativeTcpHandle?.readStart();
    under?.resume();
    return readStart.call(handle);
  };
  if (emitEof === undefined) return;
  handle.emitEof = function () {
    const result = emitEof.call(handle);
    // What came before the end has been taken over by now, so that the end may follow it.
    if (!socket.destroyed && !hasEnded(socket)) socket.push(null);
    return result;
  };
}

function hasEnded(socket: Readable): boolean {
  return (socket as unknown as { _readableState: { ended: boolean } })._readableState.ended;
}

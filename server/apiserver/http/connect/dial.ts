import type { Duplex } from "node:stream";
import tls from "node:tls";
import { TcpConnection } from "../../../../client/tcp_connection.ts";
import { guardTlsSocket } from "../../../../client/tls_guard.ts";
import { type Backend, unreachable } from "./backend.ts";

export const DIAL_MILLISECONDS = 30_000;

/** A connection to a backend, with TLS where it has it. Rejects with the error that the caller is to see. */
export async function dial(backend: Backend, abort: AbortSignal): Promise<Duplex> {
  const signal = AbortSignal.any([abort, AbortSignal.timeout(DIAL_MILLISECONDS)]);
  try {
    if (backend.tls) return await dialTls(backend, signal);
    return backend.dial?.() ?? await TcpConnection.connect(backend.host, backend.port, signal);
  } catch (error) {
    throw unreachable(backend, error as Error);
  }
}

function dialTls({ host, port, tls: options, dial }: Backend, signal: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const under = dial?.();
  // Any Duplex will do, whatever the types say.
  const to = under ? { socket: under as tls.TLSSocket } : { host, port };
  const wanted = { ...to, allowHalfOpen: true, ...options, ALPNProtocols: ["http/1.1"] };
  const socket = tls.connect(wanted, () => {
    guardTlsSocket(socket, under);
    resolve(socket);
  });
  const cut = () => socket.destroy(signal.reason);
  signal.addEventListener("abort", cut, { once: true });
  socket.on("error", reject);
  under?.once("error", reject);
  socket.once("close", () => {
    under?.destroy();
    reject(new Error("connection closed"));
  });
  return promise.finally(() => signal.removeEventListener("abort", cut));
}

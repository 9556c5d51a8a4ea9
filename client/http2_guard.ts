import http2 from "node:http2";

let installed = false;

/**
 * Works around a use after free in Deno's `node:http2` (seen in 2.9.5): a session that is destroyed from within its own callback,
 * as a peer's GOAWAY makes it happen, can abort the whole process. Destroying it one turn of the event loop later is safe. To be called before the first
 * HTTP/2 session, gRPC's included; calling it again does nothing.
 */
export function installHttp2Guard(): void {
  if (installed) return;
  installed = true;
  // Deno exports the class, as Node does not; without it there would be nothing to guard.
  const { Http2Session } = http2 as unknown as { Http2Session?: { prototype: Destroyable } };
  if (Http2Session === undefined) return;
  const destroy = Http2Session.prototype.destroy;
  Http2Session.prototype.destroy = function (this: Destroyable, ...reason: unknown[]): void {
    setImmediate(() => destroy.apply(this, reason));
  };
}

interface Destroyable {
  destroy(...reason: unknown[]): void;
}

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../../../api/clock.ts";
import { IdleGuard } from "./idle_guard.ts";
import { sendUpgrade } from "./upstream.ts";

/** What of a client's request means something to the runtime's streaming server. */
const FORWARDED = ["upgrade", "x-stream-protocol-version"] as const;

/**
 * Hands a client's SPDY upgrade to the runtime's streaming server as it is, and from then on every byte both ways. Resolves when both ends are
 * closed; rejects with a `StreamingError` before anything was sent.
 */
export async function passThrough(
  request: IncomingMessage,
  client: Duplex,
  head: Uint8Array,
  url: string,
  { clock, idleTimeout }: { readonly clock: Clock; readonly idleTimeout: number },
): Promise<void> {
  const headers: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const runtime = await sendUpgrade(url, headers);
  const guard = new IdleGuard(clock, idleTimeout, () => {
    runtime.destroy();
    client.destroy();
  });
  const touch = () => guard.touch();
  const closed = ([[runtime, client], [client, runtime]] as const).map(([side, other]) =>
    new Promise<void>((resolve) => {
      side.on("error", () => other.destroy());
      side.on("data", touch);
      side.once("close", () => {
        // What the other side has not got yet it still gets.
        other.end(() => other.destroy());
        resolve();
      });
    })
  );
  if (head.length > 0) runtime.write(head);
  client.pipe(runtime);
  runtime.pipe(client);
  await Promise.all(closed);
  guard.stop();
}

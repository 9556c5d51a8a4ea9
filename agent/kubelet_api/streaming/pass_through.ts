import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type JoinOptions, joinStreams } from "../../../client/join_streams.ts";
import { SpdyBoundary } from "./spdy_boundary.ts";
import { pingFrame } from "./spdy_frames.ts";
import { sendUpgrade } from "./upstream.ts";

/** What of a client's request means something to the runtime's streaming server. */
const FORWARDED = ["upgrade", "x-stream-protocol-version"] as const;

/** A server's pings have even numbers; runtimes begin with 2, and take the answer to one that they never sent for nothing. */
const PROBE = 0x7ffffffe;

/**
 * Hands a client's SPDY upgrade to the runtime's streaming server as it is, and from then on every byte both ways. Resolves when both ends are
 * closed; rejects with a `StreamingError` before anything was sent.
 */
export async function passThrough(
  request: IncomingMessage,
  client: Duplex,
  head: Uint8Array,
  url: string,
  options: Pick<JoinOptions, "clock" | "idleTimeout">,
): Promise<void> {
  const headers: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const runtime = await sendUpgrade(url, headers);
  if (head.length > 0) runtime.write(head);
  const boundary = new SpdyBoundary();
  runtime.on("data", (chunk: Uint8Array) => boundary.push(chunk));
  const probeLeft = () => {
    if (boundary.isReached) client.write(pingFrame(PROBE));
  };
  await joinStreams(client, runtime, { ...options, probeLeft });
}

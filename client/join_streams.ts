import type { Duplex } from "node:stream";
import type { Clock } from "../api/clock.ts";
import { IdleGuard } from "./idle_guard.ts";
import { type Peered, PeerWatch } from "./peer_watch.ts";

export interface JoinOptions {
  readonly clock: Clock;
  /** Milliseconds without a byte from either side after which both are cut. */
  readonly idleTimeout: number;
  /** Of the left side, as the watch over its peer wants it. */
  readonly probeLeft?: () => void;
}

/** A socket tells its ports. */
export type Joined = Duplex & Peered;

/** How long a side may stay silent, or open at all, once the other has said its last; in milliseconds. */
const LINGER = 10_000;

/**
 * Carries bytes both ways between two connections that may be half-closed, neither faster than the other end takes them. Resolves when both are
 * closed; it never rejects.
 *
 * What one side said before it ended reaches the other in full. To that end a side is never closed over input that nobody has read, for
 * the kernel would then reset the connection and drop what it still has to deliver: such input is read and thrown away until its sender
 * ends as well. A side that breaks without an end takes the other with it, so that nobody takes the break for an end; so does one whose end
 * is stuck behind input that the other does not take.
 */
export async function joinStreams(left: Joined, right: Joined, options: JoinOptions): Promise<void> {
  const { clock, idleTimeout, probeLeft } = options;
  const cut = () => {
    left.destroy();
    right.destroy();
  };
  let guard = new IdleGuard(clock, idleTimeout, cut);
  const linger = () => {
    guard.stop();
    guard = new IdleGuard(clock, Math.min(LINGER, idleTimeout), cut);
  };
  const touch = () => guard.touch();
  left.pipe(right);
  right.pipe(left);
  // After the pipes' own listeners: these pause a source whose sink has gone.
  const closed = ([[left, right], [right, left]] as const).map(([side, other]) =>
    new Promise<void>((resolve) => {
      const isHeld = () => other.writableNeedDrain;
      const watch = new PeerWatch(clock, side, {
        isHeld,
        onGone: cut,
        ...(probeLeft && side === left && { probe: probeLeft }),
      });
      side.on("error", () => {});
      side.on("pause", () => {
        if (isHeld()) watch.held();
      });
      side.on("data", touch);
      side.once("finish", linger);
      side.once("close", () => {
        resolve();
        watch.stop();
        if (!side.readableEnded) other.destroy();
        // What the other still sends, however much, buys it no time.
        other.off("data", touch);
        linger();
        other.resume();
      });
    })
  );
  await Promise.all(closed);
  guard.stop();
}

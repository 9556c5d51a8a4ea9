import nodeProcess from "node:process";
import { type Clock, systemClock } from "../api/clock.ts";

/** What a process knows of itself, and can do about its memory. */
export interface ProcessMemory {
  /** Processor time of all threads since the start, in milliseconds. */
  cpu(): number;
  /** Resident bytes. */
  resident(): number;
  /** Collects all garbage and gives back what is free; done when the next look is taken. */
  release(): void;
}

const LOOK_MILLISECONDS = 5_000;
/** Of one core, over the time since the last look. */
const QUIET_SHARE = 0.1;
/** V8 leaves pages half empty at the first one, and moves what is in them at the second. */
const RELEASES = 2;
/** What memory must have grown by before its release is worth the pause. */
const GROWTH = { share: 0.1, bytes: 8 * 1024 * 1024 };

/**
 * Gives memory back in the first quiet moment after a burst. V8 and the C library keep what they once had: garbage that nothing has made them
 * collect, and pages between small pieces that live on. Nothing tells when a burst is over, hence the looks; the pause, a tenth of a second for a big heap, is
 * taken when nobody waits. Answers what ends it.
 */
export function releaseWhenQuiet(process: ProcessMemory, clock: Clock): () => void {
  let { cpu, at } = { cpu: process.cpu(), at: clock.now() };
  /** Resident when there was nothing to give back. */
  let level = 0;
  /** What is left to do since memory had grown: releases, and a look at what they left. */
  let steps = 0;
  let cancel = clock.after(LOOK_MILLISECONDS, look);

  function look(): void {
    const [cpuBefore, before] = [cpu, at];
    [cpu, at] = [process.cpu(), clock.now()];
    if (cpu - cpuBefore < (at - before) * QUIET_SHARE) quiet();
    cancel = clock.after(LOOK_MILLISECONDS, look);
  }

  function quiet(): void {
    const resident = process.resident();
    if (steps === 0 && resident > level * (1 + GROWTH.share) + GROWTH.bytes) steps = RELEASES + 1;
    if (steps > 1) process.release();
    else if (steps === 1 || resident < level) level = resident;
    steps = Math.max(steps - 1, 0);
  }

  return () => cancel();
}

/** Starts it for this process, if Deno was asked to release memory: `scripts/skiff` and built files do that. */
export function keepIdleMemoryLow(): () => void {
  if (!Deno.env.has("DENO_USR2_MEMORY_TRIM")) return () => {};
  return releaseWhenQuiet(ownMemory, systemClock({ background: true }));
}

/** At SIGUSR2 Deno collects the garbage of all threads and trims the C library's heap. */
export const ownMemory: ProcessMemory = {
  cpu() {
    const { user, system } = nodeProcess.cpuUsage();
    return (user + system) / 1000;
  },
  resident: () => Deno.memoryUsage().rss,
  release() {
    // Where nobody listens the signal ends the process.
    if (catchesSignal(SIGUSR2)) Deno.kill(Deno.pid, "SIGUSR2");
  },
};

/** Linux numbers it so on x86 and ARM. */
const SIGUSR2 = 12;

function catchesSignal(signal: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1] ?? "0";
  return (BigInt(`0x${mask}`) >> BigInt(signal - 1) & 1n) === 1n;
}

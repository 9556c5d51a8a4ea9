import { describe, expect, it } from "vitest";
import { ManualClock } from "../api/clock.ts";
import { type ProcessMemory, releaseWhenQuiet } from "./idle_memory.ts";

const MB = 1024 * 1024;
const LOOK = 5_000;

const source = new URL("idle_memory.ts", import.meta.url).href;

/** What a script does in a process of its own. */
async function ran(script: string, listening: boolean) {
  const { DENO_USR2_MEMORY_TRIM: _, ...env } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", script],
    env: { ...env, NO_COLOR: "1", ...(listening ? { DENO_USR2_MEMORY_TRIM: "1" } : {}) },
    clearEnv: true,
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, error };
}

class ToyProcess implements ProcessMemory {
  used = 0;
  bytes = 100 * MB;
  releases = 0;

  cpu(): number {
    return this.used;
  }

  resident(): number {
    return this.bytes;
  }

  release(): void {
    this.releases++;
  }
}

describe("idle memory", () => {
  it("is released in the first quiet moment, and again when it has grown", async () => {
    const clock = new ManualClock();
    const toy = new ToyProcess();
    const stop = releaseWhenQuiet(toy, clock);
    const releasesAfter = async (cpu: number, bytes: number) => {
      toy.used += cpu;
      toy.bytes = bytes;
      await clock.advance(LOOK);
      return toy.releases;
    };
    // Starting is work.
    expect(await releasesAfter(1_000, 120 * MB)).toBe(0);
    expect(await releasesAfter(10, 120 * MB)).toBe(1);
    expect(await releasesAfter(10, 100 * MB)).toBe(2);
    expect(await releasesAfter(10, 80 * MB)).toBe(2);
    // A burst, and its end.
    expect(await releasesAfter(4_000, 900 * MB)).toBe(2);
    expect(await releasesAfter(500, 900 * MB)).toBe(2);
    expect(await releasesAfter(499, 900 * MB)).toBe(3);
    expect(await releasesAfter(4_000, 300 * MB)).toBe(3);
    expect(await releasesAfter(0, 300 * MB)).toBe(4);
    // What lives now is the new level; a little more is not worth the pause.
    expect(await releasesAfter(0, 200 * MB)).toBe(4);
    expect(await releasesAfter(0, 227 * MB)).toBe(4);
    expect(await releasesAfter(0, 229 * MB)).toBe(5);
    stop();
    expect(clock.pending).toBe(0);
  });

  it("has a level that sinks", async () => {
    const clock = new ManualClock();
    const toy = new ToyProcess();
    const stop = releaseWhenQuiet(toy, clock);
    await clock.advance(3 * LOOK);
    expect(toy.releases).toBe(2);
    toy.bytes = 40 * MB;
    await clock.advance(LOOK);
    toy.bytes = 60 * MB;
    await clock.advance(LOOK);
    expect(toy.releases).toBe(3);
    stop();
  });

  it("is not released where the signal for it would end the process", async () => {
    const script = `
      import { ownMemory } from ${JSON.stringify(source)};
      ownMemory.release();
      console.log("lives");
    `;
    expect(await ran(script, false)).toEqual({ code: 0, out: "lives\n", error: "" });
  });

  it("is really released where Deno was asked to listen", async () => {
    const script = `
      import { ownMemory } from ${JSON.stringify(source)};
      let garbage = Array.from({ length: 300_000 }, (_, i) => ({ text: "x" + i }));
      const before = Deno.memoryUsage().heapUsed;
      garbage = [];
      if (!(ownMemory.cpu() > 0 && ownMemory.resident() > before)) throw new Error("the process has no figures");
      setTimeout(() => { throw new Error("nothing was released"); }, 60_000);
      // Deno begins to listen a little after the script's start.
      while (Deno.memoryUsage().heapUsed > before - 5_000_000) {
        ownMemory.release();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      console.log("released");
      Deno.exit(0);
    `;
    expect(await ran(script, true)).toEqual({ code: 0, out: "released\n", error: "" });
  });
});

import { describe, expect, it } from "vitest";
import type { Entry } from "../contract.ts";
import { RecentFrames } from "./recent_frames.ts";

function entry(name: string): Entry {
  return { name } as Entry;
}

describe("recent frames", () => {
  it("are made once for all who ask one after the other, and are forgotten after a few", () => {
    const made: string[] = [];
    const frames = new RecentFrames((type, { name }) => {
      made.push(`${type} ${name}`);
      return new Uint8Array([made.length]);
    });
    const [a, b] = [entry("a"), entry("b")];
    const first = frames.of("ADDED", a);
    expect([frames.of("ADDED", a), frames.of("MODIFIED", a), frames.of("ADDED", b)]).toEqual([
      first,
      new Uint8Array([2]),
      new Uint8Array([3]),
    ]);
    expect(frames.of("ADDED", a)).toBe(first);
    for (const name of ["c", "d"]) frames.of("ADDED", entry(name));
    expect(frames.of("ADDED", a)).toEqual(new Uint8Array([6]));
    expect(made).toEqual(["ADDED a", "MODIFIED a", "ADDED b", "ADDED c", "ADDED d", "ADDED a"]);
  });
});

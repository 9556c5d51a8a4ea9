import { describe, expect, it } from "vitest";
import { randomSource } from "../suite/random.ts";
import { OrderedMap } from "./ordered_map.ts";

describe("OrderedMap", () => {
  it("does what a sorted Map would", () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomSource(seed);
    const map = new OrderedMap<number>();
    const model = new Map<string, number>();
    const key = () => `k${Math.floor(random() * 5000)}`;
    for (let i = 0; i < 30_000; i++) {
      const at = key();
      // First it grows to many chunks, then it shrinks until chunks vanish.
      if (random() < (i < 15_000 ? 0.2 : 0.8)) expect([seed, map.delete(at)]).toEqual([seed, model.delete(at)]);
      else {
        map.set(at, i);
        model.set(at, i);
      }
    }
    expect(map.size).toBe(model.size);
    for (const [start, end] of [["", "z"], ["k2", "k3"], [key(), key()]] as const) {
      const expected = [...model].filter(([k]) => k >= start && k < end).sort(([a], [b]) => a < b ? -1 : 1);
      expect([seed, ...map.range(start, end)]).toEqual([seed, ...expected.map(([, value]) => value)]);
    }
    for (let i = 0; i < 5000; i++) expect(map.get(`k${i}`)).toBe(model.get(`k${i}`));
    for (const at of model.keys()) map.delete(at);
    expect([...map.range("", "z")]).toEqual([]);
    map.set("a", 1);
    expect(map.get("a")).toBe(1);
  });

  it("takes a hundred thousand keys in any order", () => {
    const map = new OrderedMap<number>();
    for (let i = 0; i < 100_000; i++) map.set(`/registry/pods/${(i * 7919) % 100_003}`, i);
    expect(map.size).toBe(100_000);
    expect([...map.range("", "\u{10FFFF}")].length).toBe(100_000);
  });
});

import { describe, expect, it } from "vitest";
import { QUERY_SECONDS } from "../contract.ts";
import { QueryCounts, SLOW_MILLISECONDS } from "./query_counts.ts";

describe("QueryCounts", () => {
  it("counts by name, in buckets that include the smaller ones", () => {
    const counts = new QueryCounts(["get", "list"]);
    counts.observe("list", 0.1, false);
    counts.observe("list", 3, true);
    counts.observe("list", 60_000, false);
    counts.observe("unknown", 1, false);
    const [get, list] = counts.list();
    expect(get).toEqual({ query: "get", count: 0, errors: 0, seconds: 0, within: QUERY_SECONDS.map(() => 0) });
    expect(list).toMatchObject({ query: "list", count: 3, errors: 1 });
    expect(list!.seconds).toBeCloseTo(60.0031);
    expect(list!.within).toEqual(QUERY_SECONDS.map((bound) => bound < 0.005 ? 1 : 2));
  });

  it("shows another thread what it counts", () => {
    const mine = new QueryCounts(["get"]);
    const theirs = new QueryCounts(["get"], mine.buffer);
    theirs.observe("get", 1, false);
    expect(mine.list()[0]!.count).toBe(1);
  });

  it("times what it is given, failures as well, and tells of what was slow", async () => {
    const counts = new QueryCounts(["get"]);
    const slow: string[] = [];
    const tell = (name: string, milliseconds: number) => void slow.push(`${name} ${milliseconds >= SLOW_MILLISECONDS}`);
    expect(await counts.time("get", () => Promise.resolve(7), tell)).toBe(7);
    await expect(counts.time("get", () => Promise.reject(new Error("no")), tell)).rejects.toThrow("no");
    expect(slow).toEqual([]);
    await counts.time("get", () => new Promise((resolve) => setTimeout(resolve, SLOW_MILLISECONDS + 20)), tell);
    expect(slow).toEqual(["get true"]);
    expect(counts.list()[0]).toMatchObject({ count: 3, errors: 1 });
  });
});

import { describe, expect, it } from "vitest";
import { until } from "../suite/testing/wait.ts";
import { Restarting } from "./restarting.ts";

describe("Restarting", () => {
  it("begins again by itself until it succeeds, and counts what failed", async () => {
    let runs = 0;
    const work = new Restarting("Work", async () => {
      if (++runs < 4) throw new Error("not yet");
    }, 1);
    await work.run();
    expect(work.failures).toBe(1);
    await until("it succeeds", () => runs === 4);
    expect(work.failures).toBe(3);
    await work.run();
    expect([runs, work.failures]).toEqual([5, 3]);
    await work.close();
  });

  it("has one run at a time, and none after its close", async () => {
    let runs = 0;
    const ended = Promise.withResolvers<void>();
    const work = new Restarting("Work", () => {
      runs++;
      return ended.promise;
    }, 1);
    const both = [work.run(), work.run()];
    const closing = work.close();
    ended.reject(new Error("closed in the middle"));
    await Promise.all([...both, closing]);
    await work.run();
    expect([runs, work.failures]).toEqual([1, 0]);
  });

  it("does not begin again after its close", async () => {
    let runs = 0;
    const work = new Restarting("Work", async () => {
      runs++;
      throw new Error("never");
    }, 20);
    await work.run();
    await work.close();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(runs).toBe(1);
  });
});

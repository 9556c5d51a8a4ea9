import { describe, expect, it } from "vitest";
import { reasonOf } from "../suite/engine.ts";
import { Arrivals } from "./arrivals.ts";

describe("Arrivals", () => {
  it("lets wait for a revision, and no longer than said", async () => {
    const arrivals = new Arrivals(5, 50);
    await arrivals.wait(5);
    const order: number[] = [];
    const waits = [8, 6, 7].map((revision) => arrivals.wait(revision).then(() => order.push(revision)));
    arrivals.reach(7);
    await Promise.all(waits.slice(1));
    expect(order).toEqual([6, 7]);
    expect(await reasonOf(waits[0]!)).toBe("unavailable");
    const later = arrivals.wait(9);
    arrivals.reach(20);
    await later;
    await arrivals.wait(12);
  });

  it("tells everybody that nothing comes any more", async () => {
    const arrivals = new Arrivals(1, 60_000);
    const waits = [arrivals.wait(2), arrivals.wait(3)];
    arrivals.fail(new Error("closed"));
    for (const wait of waits) await expect(wait).rejects.toThrow("closed");
  });
});

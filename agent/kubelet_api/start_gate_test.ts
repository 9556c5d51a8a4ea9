import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { StartGate } from "./start_gate.ts";

describe("StartGate", () => {
  it("lets ten commands of a Pod start at once, the others as they end or have started, in their order", async () => {
    const clock = new ManualClock();
    const gate = new StartGate(clock);
    const entered: number[] = [];
    const leave: (() => void)[] = [];
    for (let i = 0; i < 23; i++) {
      gate.enter("default/a").then((left) => {
        entered.push(i);
        leave[i] = left;
      });
    }
    await clock.advance(0);
    expect(entered.length).toBe(10);
    const other = await gate.enter("default/b");
    leave[3]!();
    leave[3]!();
    await clock.advance(0);
    expect(entered.slice(10)).toEqual([10]);
    await clock.advance(3_000);
    expect(entered.slice(10)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    await clock.advance(3_000);
    expect(entered.length).toBe(23);
    for (const one of leave) one();
    other();
    expect(clock.pending).toBe(0);
  });
});

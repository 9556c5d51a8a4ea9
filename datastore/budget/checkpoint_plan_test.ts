import { describe, expect, it } from "vitest";
import { CheckpointPlan } from "./checkpoint_plan.ts";

const DAY = 86_400_000;

/** How many bytes a day are written when something is held all the time, each checkpoint costs `cost`, and other writes `other` a day. */
function simulate(bytesPerDay: number, cost: number, other = 0, days = 1): { bytes: number; checkpoints: number } {
  const plan = new CheckpointPlan(bytesPerDay, 0, 0);
  let [now, written, checkpoints, heldSince] = [0, 0, 0, 0];
  while (now < days * DAY) {
    const wait = plan.wait(now, written, heldSince);
    now += wait;
    written += wait / DAY * other;
    if (plan.wait(now, written, heldSince) > 0) continue;
    written += cost;
    plan.wrote(now, written);
    checkpoints++;
    heldSince = now;
  }
  return { bytes: written / days, checkpoints: checkpoints / days };
}

describe("CheckpointPlan", () => {
  it("keeps a day's writes within the budget", () => {
    for (const budget of [5e6, 8e6]) {
      const { bytes } = simulate(budget, 30_000);
      expect(bytes).toBeGreaterThan(budget * 0.8);
      expect(bytes).toBeLessThan(budget * 1.02);
    }
  });

  it("does not write more often than is of use", () => {
    expect(simulate(1e9, 30_000).checkpoints).toBeLessThanOrEqual(289);
  });

  it("loses no more than ten minutes, whatever else has spent the budget", () => {
    const { checkpoints } = simulate(5e6, 30_000, 100e6);
    expect(checkpoints).toBeGreaterThanOrEqual(143);
    expect(checkpoints).toBeLessThan(150);
  });

  it("saves an hour's worth, no more", () => {
    const plan = new CheckpointPlan(24e6, 0, 0);
    plan.wait(10 * DAY, 0, 10 * DAY);
    // A million was saved, two were spent; the first checkpoint is guessed at 64 KiB.
    const wait = plan.wait(10 * DAY, 1_060_000, 10 * DAY);
    expect(Math.abs(wait - (60_000 + 65_536) / 24e6 * DAY)).toBeLessThan(1);
  });
});

import { expect, it } from "vitest";
import { ManualClock } from "../api/clock.ts";
import { IdleGuard } from "./idle_guard.ts";

it("IdleGuard fires after the last touch, not before, and never once stopped", async () => {
  const clock = new ManualClock();
  let fired = 0;
  const guard = new IdleGuard(clock, 1000, () => fired++);
  await clock.advance(900);
  guard.touch();
  await clock.advance(999);
  expect(fired).toBe(0);
  await clock.advance(1);
  expect([fired, clock.pending]).toEqual([1, 0]);
  const stopped = new IdleGuard(clock, 1000, () => fired++);
  stopped.stop();
  await clock.advance(5000);
  expect(fired).toBe(1);
});

import { expect, it } from "vitest";
import { isDiskTrouble, Outage } from "./outage.ts";

it("looks at a failed disk soon, and then more and more seldom, but at least every five seconds", () => {
  const outage = new Outage(1000);
  const looks: number[] = [];
  for (let now = 1000; now < 30_000; now++) if (outage.due(now)) looks.push(now);
  const pauses = looks.map((look, i) => look - (looks[i - 1] ?? 1000));
  expect(pauses.slice(0, 7)).toEqual([100, 200, 400, 800, 1600, 3200, 5000]);
  expect(new Set(pauses.slice(6))).toEqual(new Set([5000]));
});

it("tells a disk's trouble from others by SQLite's code", () => {
  const IOERR_FSYNC = 10 | 4 << 8, READONLY = 8, FULL = 13, BUSY = 5;
  expect([IOERR_FSYNC, READONLY].map((errcode) => isDiskTrouble({ errcode }))).toEqual([true, true]);
  expect([FULL, BUSY].map((errcode) => isDiskTrouble({ errcode }))).toEqual([false, false]);
  expect(isDiskTrouble(new Error("something else"))).toBe(false);
});

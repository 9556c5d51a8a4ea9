import { describe, expect, it } from "vitest";
import { parseSchedule, ScheduleError } from "./schedule.ts";

const at = (text: string) => Date.parse(`${text}Z`);
const shown = (time: number | undefined) => time === undefined ? undefined : new Date(time).toISOString().slice(0, 19);

describe("parseSchedule", () => {
  const cases: [schedule: string, timeZone: string | undefined, after: string, expected: string | undefined][] = [
    ["*/5 * * * *", undefined, "2026-01-01T00:01:00", "2026-01-01T00:05:00"],
    ["0 9 1 * MON", undefined, "2026-01-02T00:00:00", "2026-01-05T09:00:00"],
    ["@hourly", undefined, "2026-01-01T00:00:00", "2026-01-01T01:00:00"],
    ["0 8 * * *", "America/New_York", "2026-07-01T00:00:00", "2026-07-01T12:00:00"],
    ["@every 1h30m", undefined, "2026-01-01T00:00:00", "2026-01-01T01:30:00"],
    ["0 0 31 2 *", undefined, "2026-01-01T00:00:00", undefined],
  ];
  for (const [schedule, timeZone, after, expected] of cases) {
    it(`finds the next time of ${schedule} in ${timeZone ?? "UTC"}`, () => {
      expect(shown(parseSchedule(schedule, timeZone).next(at(after)))).toBe(expected);
    });
  }

  it("finds the last time, however long ago one looked", () => {
    const { last } = parseSchedule("*/5 * * * *");
    expect(shown(last(at("2020-01-01T00:00:00"), at("2026-03-04T05:06:07")))).toBe("2026-03-04T05:05:00");
    expect(last(at("2026-03-04T05:05:00"), at("2026-03-04T05:06:07"))).toBeUndefined();
    const yearly = parseSchedule("0 0 1 1 *");
    expect(shown(yearly.last(at("2020-05-01T00:00:00"), at("2026-03-04T05:06:07")))).toBe("2026-01-01T00:00:00");
  });

  for (const schedule of ["", "x", "* * * *", "* * * * * *", "61 * * * *", "@every often"]) {
    it(`refuses ${JSON.stringify(schedule)}`, () => {
      expect(() => parseSchedule(schedule)).toThrow(ScheduleError);
    });
  }

  it("refuses a time zone that does not exist", () => {
    expect(() => parseSchedule("* * * * *", "Mars/Olympus")).toThrow("time zone");
  });
});

import { describe, expect, it } from "vitest";
import { scheduleProblem } from "./cron_schedule.ts";

describe("scheduleProblem", () => {
  for (
    const good of [
      "* * * * *",
      "*/5 * * * *",
      "0 0 1 1 0",
      "0,30 8-18/2 ? jan-MAR mon-fri",
      " 5  4 * * sun ",
      "@hourly",
      "@every 1h30m",
    ]
  ) {
    it(`finds nothing wrong with ${JSON.stringify(good)}`, () => expect(scheduleProblem(good)).toBeUndefined());
  }

  const bad: [schedule: string, problem: string][] = [
    ["99 * * * *", 'minute: "99" is not between 0 and 59'],
    ["0 24 * * *", 'hour: "24" is not between 0 and 23'],
    ["0 0 0 * *", 'day-of-month: "0" is not between 1 and 31'],
    ["0 0 * foo *", 'month: "foo" is not between 1 and 12'],
    ["0 0 * * 7", 'day-of-week: "7" is not between 0 and 6'],
    ["*/0 * * * *", 'minute: "0" is no step; a step is a number above 0'],
    ["9-5 * * * *", 'minute: "9-5" ends before it begins'],
    ["1/2/3 * * * *", 'minute: "1/2/3" has more than one /'],
    ["5- * * * *", 'minute: "" is not between 0 and 59'],
    ["* * * *", "expected five fields"],
    ["* * * * * *", "expected five fields"],
    ["@now", "@now is no macro"],
  ];
  for (const [schedule, problem] of bad) {
    it(`says what is wrong with ${JSON.stringify(schedule)}`, () =>
      expect(scheduleProblem(schedule)).toContain(problem));
  }
});

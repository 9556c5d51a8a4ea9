import { describe, expect, it } from "vitest";
import type { CronJob } from "../../../api/types/batch_v1.ts";
import { cronJobStrategy } from "./cron_job.ts";
import { scheduleProblem } from "./cron_schedule.ts";
import { timeZoneProblems } from "./cron_time_zone.ts";

describe("scheduleProblem", () => {
  for (
    const good of [
      "* * * * *",
      "*/5 * * * *",
      "0 0 1 1 0",
      "0,30 8-18/2 ? jan-MAR mon-fri",
      " 5  4 * * sun ",
      "+5 * * * *",
      "50/5 , * * *",
      "@hourly",
      "@every 1h30m",
      "TZ=Europe/Berlin 0 0 * * *",
    ]
  ) {
    it(`finds nothing wrong with ${JSON.stringify(good)}`, () => expect(scheduleProblem(good)).toBeUndefined());
  }

  const parse = (text: string) => `failed to parse int from ${text}: strconv.Atoi: parsing "${text}": invalid syntax`;
  const bad: [schedule: string, problem: string][] = [
    ["99 * * * *", "end of range (99) above maximum (59): 99"],
    ["0 24 * * *", "end of range (24) above maximum (23): 24"],
    ["0 0 0 * *", "beginning of range (0) below minimum (1): 0"],
    ["0 0 * foo *", parse("foo")],
    ["0 0 * * 7", "end of range (7) above maximum (6): 7"],
    ["*/0 * * * *", "step of range should be a positive number: */0"],
    ["9-5 * * * *", "beginning of range (9) beyond end of range (5): 9-5"],
    ["1/2/3 * * * *", "too many slashes: 1/2/3"],
    ["1-2-3 * * * *", "too many hyphens: 1-2-3"],
    ["5- * * * *", parse("")],
    ["jan * * * *", parse("jan")],
    ["99999999999999999999 * * * *", 'parsing "99999999999999999999": value out of range'],
    ["* * * *", "expected exactly 5 fields, found 4: [* * * *]"],
    [" @hourly", "expected exactly 5 fields, found 1: [@hourly]"],
    ["@now", "unrecognized descriptor: @now"],
    ["@hourly ", "unrecognized descriptor: @hourly "],
    ["@every day", 'failed to parse duration @every day: time: invalid duration "day"'],
    ["TZ=UTC", "invalid schedule format: runtime error: slice bounds out of range [:-1]"],
    ["CRON_TZ=Mars * * * * *", "provided bad location Mars: unknown time zone Mars"],
  ];
  for (const [schedule, problem] of bad) {
    it(`says what is wrong with ${JSON.stringify(schedule)}`, () =>
      expect(scheduleProblem(schedule)).toContain(problem));
  }
});

describe("timeZoneProblems", () => {
  it("knows names as IANA writes them, old ones too", () => {
    for (const name of ["Europe/Berlin", "UTC", "Etc/UTC", "Asia/Calcutta", "America/Argentina/Buenos_Aires"]) {
      expect(timeZoneProblems(name)).toEqual([]);
    }
    for (const name of ["europe/berlin", "utc", "+01", "Europe/", "../UTC", "Europe/-Berlin", "Mars/Olympus"]) {
      expect(timeZoneProblems(name)).toEqual([`unknown time zone ${name}`]);
    }
    expect(timeZoneProblems("")).toEqual(["timeZone must be nil or non-empty string"]);
    expect(timeZoneProblems("Local")).toEqual([expect.stringContaining("timeZone must be an explicit time zone")]);
  });
});

describe("a CronJob", () => {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "busybox" }] } };
  const cronJob = (spec: object, job: object = {}) =>
    structuredClone({
      metadata: { name: "a" },
      spec: { ...spec, jobTemplate: { spec: { template, ...job } } },
    }) as CronJob;
  const berlin = "TZ=Europe/Berlin 0 0 * * *";

  it("names its zone beside the schedule, unless it did otherwise before", () => {
    const faults = (spec: object, old?: object) =>
      (old
        ? cronJobStrategy.validateUpdate!(cronJob(spec), cronJob(old))
        : cronJobStrategy.validateCreate!(cronJob(spec)))
        .map((error) => `${error.field}: ${error.detail}`);
    const instead = "spec.schedule: cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
    expect(faults({ schedule: berlin })).toEqual([instead]);
    expect(faults({ schedule: berlin }, { schedule: "@daily" })).toEqual([instead]);
    expect(faults({ schedule: berlin }, { schedule: berlin })).toEqual([]);
    expect(faults({ schedule: berlin, timeZone: "UTC" }, { schedule: berlin }))
      .toEqual(["spec.schedule: cannot use both timeZone field and TZ or CRON_TZ in schedule"]);
    expect(faults({ schedule: "@daily", timeZone: "Mars" })).toEqual(["spec.timeZone: unknown time zone Mars"]);
    expect(faults({ schedule: "@daily", timeZone: "Mars" }, { schedule: "@daily", timeZone: "Mars" })).toEqual([]);
  });

  it("has room in its name for the names of its Jobs", () => {
    const job = cronJob({ schedule: "@daily" });
    const named = (name: string) => cronJobStrategy.validateCreate!({ ...job, metadata: { name } }).map(String);
    expect(named("a".repeat(52))).toEqual([]);
    expect(named("a".repeat(53))).toEqual([expect.stringContaining('metadata.name: Invalid value: "a')]);
  });

  it("leaves the selector to its Jobs, and warns of what they are warned of", () => {
    const job = cronJob({ schedule: berlin }, { selector: {}, completionMode: "Indexed", completions: 100_001 });
    Object.assign(job.spec.jobTemplate.spec, { parallelism: 10_001 });
    expect(cronJobStrategy.validate!(job).map(String))
      .toContain("spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated");
    const indexes = expect.stringContaining(
      "spec.jobTemplate.spec: In Indexed Jobs with a number of completions higher",
    );
    expect(cronJobStrategy.warnings!(job)).toEqual([indexes]);
    expect(cronJobStrategy.warnings!(job, job)).toEqual([
      expect.stringContaining("cannot use TZ or CRON_TZ in spec.spec."),
    ]);
  });
});

import { Cron } from "croner";
import { parseDuration } from "../../../api/meta/time.ts";

/** The times of a schedule, in milliseconds since the epoch. */
export interface Schedule {
  /** The first one later than `after`; undefined when there is none. */
  next(after: number): number | undefined;
  /** The last one later than `after`, and not later than `now`. */
  last(after: number, now: number): number | undefined;
}

/** A schedule or time zone that cannot be understood. */
export class ScheduleError extends Error {
  readonly reason: "UnparseableSchedule" | "UnknownTimeZone";

  constructor(reason: ScheduleError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ScheduleError";
    this.reason = reason;
  }
}

/** Five fields, `@hourly` and its like, or `@every 1h30m`. Throws a {@linkcode ScheduleError}. */
export function parseSchedule(text: string, timeZone = "Etc/UTC"): Schedule {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch (cause) {
    throw new ScheduleError("UnknownTimeZone", `${JSON.stringify(timeZone)} is not a time zone that is known`, {
      cause,
    });
  }
  try {
    return text.startsWith("@every ") ? interval(text.slice(7).trim()) : fromCron(text, timeZone);
  } catch (cause) {
    const message = `${JSON.stringify(text)} is not a schedule of five fields: ${(cause as Error).message}`;
    throw new ScheduleError("UnparseableSchedule", message, { cause });
  }
}

function fromCron(text: string, timezone: string): Schedule {
  const cron = new Cron(text, { timezone, mode: "5-part" });
  const next = (after: number) => cron.nextRun(new Date(after))?.getTime();
  return { next, last: (after, now) => lastOf(next, after, now) };
}

/** By halving: a schedule of every minute that was not looked at for a year has half a million times in between. */
function lastOf(next: Schedule["next"], after: number, now: number): number | undefined {
  const isPast = (time: number | undefined) => time !== undefined && time <= now;
  if (!isPast(next(after))) return undefined;
  let [low, high] = [after, now];
  while (high - low > 60_000) {
    const middle = Math.floor((low + high) / 2);
    if (isPast(next(middle))) low = middle;
    else high = middle;
  }
  let last = next(low);
  for (let time = last; time !== undefined && time <= now; time = next(time)) last = time;
  return last;
}

/** Counts from whenever it is asked, as the last run's time is what it is asked with. */
function interval(text: string): Schedule {
  const every = Math.max(Math.floor(parseDuration(text) / 1000), 1) * 1000;
  return {
    next: (after) => after + every,
    last: (after, now) => now < after + every ? undefined : after + Math.floor((now - after) / every) * every,
  };
}

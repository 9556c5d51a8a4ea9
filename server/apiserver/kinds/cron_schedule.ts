import { isTimeZone } from "./cron_time_zone.ts";
import { parseDuration, TimeError } from "../../../api/meta/time.ts";

interface Field {
  readonly min: number;
  readonly max: number;
  /** For numbers from `min` on. */
  readonly names?: readonly string[];
}

/** Minute, hour, day of month, month, day of week. */
const fields: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
  { min: 0, max: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];
const macros: ReadonlySet<string> = new Set([
  "@yearly",
  "@annually",
  "@monthly",
  "@weekly",
  "@daily",
  "@midnight",
  "@hourly",
]);
const every = "@every ";
const largestInt = 2n ** 63n - 1n;

/** Says what is wrong, in upstream's words. */
class ScheduleError extends Error {
  override readonly name = "ScheduleError";
}

/** What is wrong with the schedule of a CronJob, in words; undefined when it is one: five fields of cron as upstream reads them, or a macro. */
export function scheduleProblem(schedule: string): string | undefined {
  try {
    check(schedule);
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
}

function check(text: string): void {
  const schedule = withoutZone(text);
  if (schedule.startsWith("@")) return checkMacro(schedule);
  const parts = schedule.split(/\s+/).filter((part) => part !== "");
  if (parts.length !== fields.length) {
    throw new ScheduleError(`expected exactly ${fields.length} fields, found ${parts.length}: [${parts.join(" ")}]`);
  }
  for (const [index, field] of fields.entries()) {
    for (const range of parts[index]!.split(",")) if (range !== "") checkRange(range, field);
  }
}

/** A zone before the rest is another fault of its own, unless it is from before that was one. */
function withoutZone(text: string): string {
  const [prefix] = /^(CRON_)?TZ=/.exec(text) ?? [];
  if (prefix === undefined) return text;
  const end = text.indexOf(" ");
  if (end < 0) throw new ScheduleError("invalid schedule format: runtime error: slice bounds out of range [:-1]");
  const zone = text.slice(prefix.length, end);
  if (!isTimeZone(zone)) throw new ScheduleError(`provided bad location ${zone}: unknown time zone ${zone}`);
  return text.slice(end).trim();
}

function checkMacro(text: string): void {
  if (macros.has(text)) return;
  if (!text.startsWith(every)) throw new ScheduleError(`unrecognized descriptor: ${text}`);
  try {
    parseDuration(text.slice(every.length));
  } catch (error) {
    if (!(error instanceof TimeError)) throw error;
    const detail = `time: invalid duration ${JSON.stringify(text.slice(every.length))}`;
    throw new ScheduleError(`failed to parse duration ${text}: ${detail}`);
  }
}

/** `*`, `5`, `5-9`, each also with `/2`. */
function checkRange(text: string, { min, max, names = [] }: Field): void {
  const fail = (problem: string) => new ScheduleError(`${problem}: ${text}`);
  const [limits = "", step, ...slashes] = text.split("/");
  const [first = "", last, ...hyphens] = limits.split("-");
  const isAll = first === "*" || first === "?";
  const start = isAll ? min : numberOf(first, min, names);
  let end = isAll ? max : start;
  if (!isAll && last !== undefined && hyphens.length === 0) end = numberOf(last, min, names);
  if (!isAll && hyphens.length > 0) throw fail("too many hyphens");
  if (slashes.length > 0) throw fail("too many slashes");
  const width = step === undefined ? 1 : integerOf(step);
  if (step !== undefined && last === undefined) end = max;
  if (start < min) throw fail(`beginning of range (${start}) below minimum (${min})`);
  if (end > max) throw fail(`end of range (${end}) above maximum (${max})`);
  if (start > end) throw fail(`beginning of range (${start}) beyond end of range (${end})`);
  if (width === 0) throw fail("step of range should be a positive number");
}

function numberOf(text: string, min: number, names: readonly string[]): number {
  const index = names.indexOf(text.toLowerCase());
  return index < 0 ? integerOf(text) : index + min;
}

/** A hyphen has divided the text before: there is no sign but `+`. */
function integerOf(text: string): number {
  const fail = (problem: string) =>
    new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: ${problem}`);
  const [, sign, digits] = /^([-+]?)(\d+)$/.exec(text) ?? [];
  if (digits === undefined) throw fail("invalid syntax");
  if (BigInt(digits) > largestInt) throw fail("value out of range");
  if (sign === "-" && Number(digits) > 0) throw new ScheduleError(`negative number (-${digits}) not allowed: ${text}`);
  return Number(digits);
}

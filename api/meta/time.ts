/** Times of the API as text (RFC 3339) and as milliseconds since the epoch, and Go's duration text. */

/** A text that is no time or no duration. */
export class TimeError extends Error {
  readonly reason = "InvalidTime";

  constructor(text: string, expected: string) {
    super(`${JSON.stringify(text.slice(0, 64))} is not ${expected}`);
    this.name = "TimeError";
  }
}

/** `2026-01-02T03:04:05Z`, as `metav1.Time` is written: whole seconds, the fraction cut off. */
export function formatTime(milliseconds: number): string {
  return `${new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().slice(0, -5)}Z`;
}

/** `2026-01-02T03:04:05.000006Z`, as `metav1.MicroTime` is written. A fraction of the milliseconds gives the microseconds. */
export function formatMicroTime(milliseconds: number): string {
  // Rounded, not cut off: a double of so many milliseconds holds a microsecond only nearly.
  const micros = Math.round(milliseconds * 1000);
  const whole = Math.floor(micros / 1000);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(micros - whole * 1000).padStart(3, "0")}Z`;
}

const rfc3339 =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$/;

/** Length of a time up to its seconds. */
const WHOLE_SECONDS = "2026-01-02T03:04:05".length;

/** After so many years the calendar repeats itself. */
const CYCLE = { years: 400, milliseconds: 146_097 * 86_400_000 };

/** Milliseconds since the epoch, a fraction where the text has one. Throws a {@linkcode TimeError}. */
export function parseTime(text: string): number {
  if (!rfc3339.test(text)) throw notATime(text);
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)];
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) throw notATime(text);
  // Date.UTC takes the years 0 to 99 for those of the last century.
  const utc = Date.UTC(year + CYCLE.years, month - 1, day, hour, minute, second) - CYCLE.milliseconds;
  if (day > 28 && new Date(utc).getUTCDate() !== day) throw notATime(text);
  return text.length === WHOLE_SECONDS + 1 ? utc : utc + beyondSeconds(text);
}

/** Milliseconds that the fraction and the offset of a well-formed time add. */
function beyondSeconds(text: string): number {
  const isUTC = /[Zz]$/.test(text);
  const zone = text.length - (isUTC ? 1 : "+00:00".length);
  const fraction = Number(`0${text.slice(WHOLE_SECONDS, zone)}`) * 1000;
  if (isUTC) return fraction;
  const [hour, minute] = [twoDigits(text, zone + 1), twoDigits(text, zone + 4)];
  if (hour > 23 || minute > 59) throw notATime(text);
  const offset = (hour * 60 + minute) * 60_000;
  return text[zone] === "-" ? fraction + offset : fraction - offset;
}

function twoDigits(text: string, at: number): number {
  return text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528;
}

function notATime(text: string): TimeError {
  return new TimeError(text, "an RFC 3339 time such as 2026-01-02T03:04:05Z");
}

/** Nanoseconds in each unit of a duration. */
const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "µs": 1e3,
  "μs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Go's duration text (`1h30m`, `1.5s`, `-100ms`, `0`) in milliseconds. Throws a {@linkcode TimeError}. */
export function parseDuration(text: string): number {
  if (/^[+-]?0$/.test(text)) return 0;
  if (!/^[+-]?(?:(?:[0-9]{1,15}\.?[0-9]{0,15}|\.[0-9]{1,15})(?:ns|us|µs|μs|ms|s|m|h)){1,16}$/.test(text)) {
    throw new TimeError(text, "a duration such as 1h30m, 10s or 500ms");
  }
  let nanos = 0;
  for (const [, count, unit] of text.matchAll(/([0-9.]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    nanos += Number(count) * units[unit!]!;
  }
  return (text.startsWith("-") ? -nanos : nanos) / 1e6;
}

/** Milliseconds as Go prints a duration: `1h30m0s`, `1.5s`, `100ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  const nanos = Math.round(milliseconds * 1e6);
  if (nanos === 0) return "0s";
  if (nanos < 1e3) return `${nanos}ns`;
  if (nanos < 1e6) return `${nanos / 1e3}µs`;
  if (nanos < 1e9) return `${nanos / 1e6}ms`;
  const minutes = Math.floor(nanos / 6e10);
  // Never in exponent form, which one nanosecond beside a minute would be.
  const seconds = `${((nanos - minutes * 6e10) / 1e9).toFixed(9).replace(/\.?0+$/, "")}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

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
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$/;

/** Milliseconds since the epoch, a fraction where the text has one. Throws a {@linkcode TimeError}. */
export function parseTime(text: string): number {
  const match = rfc3339.exec(text);
  if (!match) throw notATime(text);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six;
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  const utc = new Date(0);
  utc.setUTCFullYear(year, month - 1, day);
  const dayExists = utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day;
  if (!dayExists || hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) {
    throw notATime(text);
  }
  const offset = (offsetHour * 60 + offsetMinute) * 60_000 * (match[8] === "-" ? -1 : 1);
  const fraction = match[7] === undefined ? 0 : Number(`0.${match[7]}`) * 1000;
  return utc.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + fraction - offset;
}

type Six = [number, number, number, number, number, number];

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

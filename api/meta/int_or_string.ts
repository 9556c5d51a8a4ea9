/** A count, or a percentage (`25%`) of one; or a port's number or name. */
export type IntOrString = number | string;

/** A value that is neither a whole number nor a percentage. */
export class IntOrStringError extends Error {
  readonly reason = "InvalidIntOrString";

  constructor(value: IntOrString) {
    super(`${JSON.stringify(value)} is neither a whole number nor a percentage such as "25%"`);
    this.name = "IntOrStringError";
  }
}

/** The number before `%`; undefined when the text is no percentage. */
export function percentage(text: string): number | undefined {
  return /^-?[0-9]{1,9}%$/.test(text) ? Number(text.slice(0, -1)) : undefined;
}

/**
 * What `maxSurge`, `maxUnavailable` or `minAvailable` come to of `total`. Throws an {@linkcode IntOrStringError} for any
 * text but a percentage, also for one that is a number: there upstream draws the line too.
 */
export function resolveIntOrPercent(value: IntOrString, total: number, rounding: "up" | "down"): number {
  if (typeof value === "number") {
    if (!Number.isInteger(value)) throw new IntOrStringError(value);
    return value;
  }
  const percent = percentage(value);
  if (percent === undefined) throw new IntOrStringError(value);
  // Whole numbers until the one division, which is then exact enough to round.
  const scaled = percent * total / 100;
  return rounding === "up" ? Math.ceil(scaled) : Math.floor(scaled);
}

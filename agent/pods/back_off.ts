/** How long something that failed waits before it is tried again: 10 s, doubling to 5 min, forgotten after 10 min of quiet. */
export interface BackOff {
  readonly delay: number;
  /** Milliseconds since the epoch of the last failure that counted. */
  readonly at: number;
}

const backOffBase = 10_000;
const backOffLimit = 300_000;

/** When a try that failed at `since` may be repeated; undefined when at once. */
export function waitsUntil(backOff: BackOff | undefined, since: number, now: number): number | undefined {
  if (!backOff || since - backOff.at > 2 * backOffLimit) return undefined;
  const until = since + backOff.delay;
  return until > now ? until : undefined;
}

/** The back-off after one more failure, which ended at `since`. */
export function nextBackOff(
  backOff: BackOff | undefined,
  since: number,
  base = backOffBase,
  limit = backOffLimit,
): BackOff {
  if (!backOff || since - backOff.at > 2 * backOffLimit) return { delay: base, at: since };
  return { delay: Math.min(backOff.delay * 2, limit), at: since };
}

import type { Probe } from "../../api/types/core_v1.ts";

/** How often the last answer came in a row, and what counts until it has come often enough. */
export interface Tally {
  readonly last: boolean | undefined;
  readonly run: number;
  readonly verdict: boolean | undefined;
}

export const noTally: Tally = { last: undefined, run: 0, verdict: undefined };

/** Counts one answer; the verdict turns when the probe's threshold is reached. */
export function count(tally: Tally, success: boolean, probe: Probe): Tally {
  const run = tally.last === success ? tally.run + 1 : 1;
  const threshold = success ? probe.successThreshold ?? 1 : probe.failureThreshold ?? 3;
  return { last: success, run, verdict: run >= threshold ? success : tally.verdict };
}

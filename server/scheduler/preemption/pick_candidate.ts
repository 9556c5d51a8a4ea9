import { priorityOf } from "../node_info.ts";
import { startOf } from "./importance.ts";
import type { Candidate } from "./select_victims.ts";

/** Lifts every priority above zero, so that two Pods of a negative priority are more to lose than one. */
const LIFT = 2 ** 31;

/** What counts, one after the other; less is better. */
const costs: readonly ((candidate: Candidate) => number)[] = [
  ({ violations }) => violations,
  ({ victims }) => priorityOf(victims[0]!.pod),
  ({ victims }) => victims.reduce((sum, { pod }) => sum + priorityOf(pod) + LIFT, 0),
  ({ victims }) => victims.length,
  // The later the longest-running of the most important victims started, the less work is lost.
  ({ victims }) => {
    const highest = priorityOf(victims[0]!.pod);
    const starts = victims.filter(({ pod }) => priorityOf(pod) === highest).map(({ pod }) => startOf(pod));
    return -Math.min(...starts);
  },
];

/** The candidate whose victims are least to lose; the first of equals. */
export function pickCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  let left = candidates;
  for (const cost of costs) {
    const least = Math.min(...left.map(cost));
    left = left.filter((candidate) => cost(candidate) === least);
  }
  return left[0];
}

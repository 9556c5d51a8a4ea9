import type { Report } from "./report.ts";
import type { Sides } from "./sides.ts";

/** Where what is namespaced is made; it is there on both sides. */
export const NAMESPACE = "diff";

/** Requests in flight. */
const AT_ONCE = 12;

/** What each suite of comparisons is given. */
export interface SuiteOptions {
  readonly sides: Sides;
  readonly report: Report;
  /** Of `group/resource`. */
  readonly focus: RegExp;
  /** In (0, 1]: the part of the mutations that is sent. */
  readonly share: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly progress: (line: string) => void;
}

/** Does the work for every item, some at a time. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const item of rest) await work(item);
  }));
}

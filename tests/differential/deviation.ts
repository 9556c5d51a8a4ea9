import type { Difference } from "./compare.ts";

/** Something that ours answers otherwise on purpose. */
export interface Deviation {
  /** What is otherwise on purpose, and why. */
  readonly why: string;
  /** `all` are the differences of the same answer. */
  readonly holds: (difference: Difference, all: readonly Difference[]) => boolean;
}

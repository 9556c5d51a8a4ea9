import type { Difference } from "./compare.ts";

/** Something that ours answers otherwise on purpose. */
export interface Deviation {
  /** What is otherwise on purpose, and why. */
  readonly why: string;
  /** `all` are the differences of the same answer. */
  readonly holds: (difference: Difference, all: readonly Difference[]) => boolean;
}

const strategicFaults: readonly string[] = [
  "does not contain declared merge key",
  "expected a []interface {}, but received a ",
  "list element types are not identical",
  "merging lists cannot yet be specified",
  "The order in patch list",
  "unable to find api field in struct",
  "unknown patch type",
  "value for key 0 is not a map",
];

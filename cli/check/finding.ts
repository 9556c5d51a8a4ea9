import type { Facts } from "./facts.ts";

/** Something that is wrong with the machine, and how to mend it. */
export interface Problem {
  /** An `error` keeps Skiff from working, a `warning` makes it slow, fragile, or costs a feature. */
  readonly severity: "error" | "warning";
  readonly what: string;
  readonly mend: string;
}

/** One row of the table: looks at the facts for one thing. Pure. */
export interface Check {
  readonly name: string;
  /** Looked at where containers run alone. */
  readonly ofNodes?: boolean;
  readonly run: (facts: Facts) => Problem | undefined;
}

/** A check and what it found. */
export interface Finding {
  readonly check: string;
  readonly status: "ok" | Problem["severity"];
  readonly what?: string;
  readonly mend?: string;
}

export const error = (what: string, mend: string): Problem => ({ severity: "error", what, mend });
export const warning = (what: string, mend: string): Problem => ({ severity: "warning", what, mend });

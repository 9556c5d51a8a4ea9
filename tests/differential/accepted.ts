import type { Difference } from "./compare.ts";

interface Deviation {
  /** What is otherwise on purpose, and why. */
  readonly why: string;
  readonly holds: (difference: Difference) => boolean;
}

/** Where ours answers otherwise and is meant to. Few, each with its reason. */
export const deviations: readonly Deviation[] = [
  {
    why: "what cannot be decoded is told with the field that it is in, which Go's decoder leaves out",
    holds: ({ where, ours }) => where === "message" && ours.includes(" cannot be handled as a "),
  },
  {
    why: "rows of a Table come without managedFields: nobody prints them, and they would double what a list weighs",
    holds: ({ where }) => /^rows\[\d+\]\.object\.metadata\.managedFields$/.test(where),
  },
  {
    why: "a time that is not set is left out where Go writes null, and so no manager owns it",
    holds: ({ where, theirs, ours }) =>
      /managedFields.*(Time|time|\.\.)$/.test(where) && theirs === "{}" && ours === "absent",
  },
  {
    why: "ports are taken from the range by chance",
    holds: ({ where, theirs, ours }) => /odePort$/.test(where) && Number(theirs) >= 30000 && Number(ours) >= 30000,
  },
  {
    why: "a dry run refuses a port outside the range, as the run in earnest does",
    holds: ({ where, ours }) => where === "cause" && ours.includes("provided port is not in the valid range"),
  },
  {
    why:
      "a webhook's service without a name is told of its name, and without a namespace of its namespace: upstream has the two the wrong way round",
    holds: ({ where, theirs, ours }) =>
      where === "cause" && /clientConfig\.service\.(name|namespace): Required value$/.test(theirs || ours),
  },
  {
    why: "a selector in a Table is written as people write it, where upstream prints Go's struct",
    holds: ({ where, theirs }) => where.startsWith("rows[") && theirs.startsWith("&LabelSelector{"),
  },
];

export function isAccepted(difference: Difference): boolean {
  return deviations.some(({ holds }) => holds(difference));
}

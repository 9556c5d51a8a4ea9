import type { Difference } from "./compare.ts";

interface Deviation {
  /** What is otherwise on purpose, and why. */
  readonly why: string;
  readonly holds: (difference: Difference) => boolean;
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
    why: "what is wrong with a patch is told, where upstream says no more than that something is",
    holds: ({ where, theirs, ours }) => where === "message" && ours.startsWith(`${theirs}: `),
  },
  {
    why: "a patch whose result is no object of its kind is told with the field, not with the whole object",
    holds: ({ where, theirs, ours }) =>
      where === "cause" && [theirs, ours].includes("") && /^FieldValueInvalid patch: /.test(theirs + ours),
  },
  {
    why: "a configuration that does not fit is the client's fault, which upstream calls its own",
    holds: ({ where, theirs, ours }) =>
      where === "status" &&
      /^500 undefined \{\} failed to (create typed patch object|convert new object) /.test(theirs) &&
      ours.startsWith("400 BadRequest {} failed to create typed patch object "),
  },
  {
    why: "a strategic patch with wrong directives or without keys is the client's fault, which upstream calls its own",
    holds: ({ where, theirs, ours }) =>
      where === "status" && /^500 undefined \{\} /.test(theirs) && strategicFaults.some((fault) =>
        theirs.includes(fault)
      ) &&
      /^4(00|22) /.test(ours),
  },
  {
    why: "a kind that there is not is refused without the line of Go that does so",
    holds: ({ where, theirs, ours }) => where === "message" && theirs.startsWith(`${ours} in scheme "`),
  },
  {
    why: "what is wrong with YAML is told by another parser",
    holds: ({ where, theirs, ours }) => where === "message" && / yaml: /.test(theirs) && / invalid YAML: /.test(ours),
  },
  {
    why: "no object has a resourceVersion that is no number, which upstream calls a failure of its own",
    holds: ({ where, theirs, ours }) =>
      where === "status" && theirs.startsWith("500 undefined {} strconv.ParseUint: ") &&
      ours.startsWith("409 Conflict "),
  },
  {
    why: "a dry run refuses a new object with a resourceVersion, as the run in earnest does",
    holds: ({ theirs, ours }) =>
      theirs === "accepted" && ours.endsWith("resourceVersion should not be set on objects to be created"),
  },
  {
    why: "nobody keeps account of who owns what of a TokenRequest, which is answered and forgotten",
    holds: ({ where, theirs }) => where === "metadata.managedFields" && theirs.includes('"subresource":"token"'),
  },
];

export function isAccepted(difference: Difference): boolean {
  return deviations.some(({ holds }) => holds(difference));
}

import type { Difference } from "./compare.ts";
import type { Deviation } from "./deviation.ts";
import { deviationsOfReads } from "./reads/accepted.ts";
import { deviationsOfWrites } from "./writes/accepted.ts";

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
    holds: ({ where }) => /(^|\.)rows\[\d+\]\.object\.metadata\.managedFields$/.test(where),
  },
  {
    why: "an object of which no field can be told whose it is keeps its managers, which upstream forgets",
    holds: ({ where, theirs }) => where === "metadata.managedFields" && theirs === "absent",
  },
  {
    why: "a row of a Table has no more cells than there are columns",
    holds: ({ where, theirs, ours }) => /^rows\[\d+\]\.cells$/.test(where) && theirs.startsWith(ours.slice(0, -1)),
  },
  {
    why: "rules that are sent as an empty list are not sent, and are nobody's",
    holds: ({ where, theirs, ours }) =>
      /^metadata\.managedFields\[\d+\]\.fieldsV1\.f:rules$/.test(where) && theirs === "{}" && ours === "absent",
  },
  {
    why: "an empty map of what a node has for Pods is one that is not sent, and has the default",
    holds: ({ where, theirs }) => where.endsWith(".f:status.f:allocatable") && theirs === "absent",
  },
  {
    why: "an age is told in seconds, of which one may pass between the two",
    holds: ({ where, theirs, ours }) => /cells\[\d+\]$/.test(where) && /^\d+s$/.test(theirs) && /^\d+s$/.test(ours),
  },
  {
    why: "ports are taken from the range by chance",
    holds: ({ where, theirs, ours }) =>
      (/odePort$/.test(where) && Number(theirs) >= 30000 && Number(ours) >= 30000) ||
      (/cells\[\d+\]$/.test(where) && theirs.replaceAll(/:3\d{4}/g, "") === ours.replaceAll(/:3\d{4}/g, "")),
  },
  {
    why: "a Service is given ports when all else of it is valid, and so not told that two of them would be the same",
    holds: ({ where, theirs, ours }) =>
      where === "cause" && ours === "" && /nodePort: Duplicate value: 3\d{4}$/.test(theirs),
  },
  {
    why: "what is no network is told once: upstream falls over it, besides",
    holds: ({ where, theirs }) => where === "cause" && theirs.startsWith("InternalError spec.podCIDRs"),
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
      where === "cause" && [theirs, ours].every((text) => text.startsWith("FieldValueInvalid patch: ")),
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
  {
    why: "an empty list or map is an absent one: Go tells them apart where it prints a refused value",
    holds: ({ where, theirs, ours }) => where === "cause" && withoutEmpty(theirs) === withoutEmpty(ours),
  },
  {
    why: "a Service's port that is there twice, or is taken, is told with its field, and not as an error of the server",
    holds: (_, all) =>
      all.some(({ where, theirs }) =>
        where === "status" && /^500 .*(duplicate nodePort|HealthCheck NodePort)/.test(theirs)
      ),
  },
  {
    why:
      "a Job's template that may not change is printed as the API names its fields: Go's structs of Pods are others, and fill two pages",
    holds: ({ where, theirs, ours }) =>
      where === "cause" &&
      [theirs, ours].every((text) => /^FieldValueInvalid spec\.template(\.spec)?: .*: field is immutable$/.test(text)),
  },
  {
    why: "a failure policy without rules has none, where Go writes and owns null",
    holds: ({ where }) => /(podFailurePolicy\.rules|f:podFailurePolicy\.f:rules)$/.test(where),
  },
  {
    why: "Go's maps have no order, and so the volumes of a StatefulSet's claims have a number by chance",
    holds: ({ where, theirs, ours }) =>
      where === "cause" && theirs.replace(/volumes\[\d+\]/, "") === ours.replace(/volumes\[\d+\]/, ""),
  },
  {
    why: "upstream falls over the indexes of a success policy where a Job has no completions, and hangs up",
    holds: (_, all) => all.some(({ where, theirs }) => where === "code" && theirs === "0"),
  },
  {
    why:
      "objects in a Table have the metadata that they have everywhere, and not what is left of it in Go's internal ones",
    holds: ({ where, theirs, ours }) =>
      /^rows\[\d+\]\.object\.metadata\.annotations/.test(where) && theirs === "absent" &&
      /deprecated\.daemonset\.template\.generation|autoscaling\.alpha\.kubernetes\.io/.test(where + ours),
  },
  {
    why: "an autoscaler's list of policies that is sent empty is one that is not sent, and has the default",
    holds: ({ where, theirs, ours }) =>
      where === "cause" && ours === "accepted" &&
      theirs.endsWith("policies: Required value: must specify at least one Policy"),
  },
  {
    why: "who may give devices is asked when the rest is valid, and so is not told beside what is not",
    holds: ({ where, theirs, ours }) =>
      where === "cause" && ours === "" && theirs.includes("Forbidden: admin access to devices requires the "),
  },
  {
    why: "upstream falls over a step of nothing, and answers nothing",
    holds: ({ where, theirs, ours }) =>
      where === "cause" && theirs === "accepted" && ours.includes("value is not a multiple of a given step (0)"),
  },
  {
    why: "a list that is sent empty is none, and so nobody owns it",
    holds: ({ where, theirs, ours }) =>
      where.includes("managedFields") && ours === "absent" &&
      (theirs === "{}"
        ? /f:(endpoints|ports|sources)$/.test(where)
        : /"f:(limits|rules|drivers|requests)":\{\}\}/.test(theirs)),
  },
  {
    why: "a volume inside a VolumeAttachment is printed in the order of the API's fields, not of Go's internal struct",
    holds: ({ where, theirs, ours }) =>
      where === "cause" && [theirs, ours].every((text) => text.includes('"InlineVolumeSpec":{"Capacity":')),
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
  ...deviationsOfReads,
  ...deviationsOfWrites,
];

/** The differences of one answer that are not meant. */
export function unmeant(all: readonly Difference[]): readonly Difference[] {
  const found = all.filter((one) => !deviations.some(({ holds }) => holds(one, all)));
  // A code differs because what it is answered with does.
  return found.length < all.length && found.every(({ where }) => where === "code") ? [] : found;
}

function withoutEmpty(text: string): string {
  return text.replaceAll(/(?<=[ :])(\[\]|\{\})/g, "null");
}

import type { Deviation } from "../deviation.ts";

/** What is otherwise on purpose in patches, applies and subresources. */
export const deviationsOfWrites: readonly Deviation[] = [
  {
    why:
      "a number that does not fit into 32 bits is refused as one, which upstream turns into a negative one and refuses as that",
    holds: (_, all) =>
      all.some(({ where, theirs }) => where === "status" && theirs.includes(" Invalid value: -2147483648")),
  },
  {
    why: "what an apply creates is not being deleted from its beginning, whatever the configuration says",
    holds: ({ where, ours }) => /^metadata\.(deletionTimestamp|selfLink)$/.test(where) && ours === "absent",
  },
  {
    why: "a path that is no JSON pointer is refused, where upstream passes over its first step",
    holds: (_, all) =>
      all.some(({ where, ours }) =>
        where === "status" && ours.endsWith("is not a JSON pointer such as /spec/replicas")
      ),
  },
  {
    why: "a patch that takes the apiVersion away is refused for that, and not called full of unknown fields besides",
    holds: ({ where, theirs, ours }) =>
      where === "Warning" && ours === "[]" && /unknown field \W+metadata\W/.test(theirs),
  },
  {
    why: "a configuration with values of a wrong type is told of them before it is told who owns the fields",
    holds: (_, all) =>
      all.some(({ where, theirs, ours }) =>
        where === "status" && theirs.startsWith("409 Conflict {} Apply failed with ") &&
        ours.startsWith("400 BadRequest {} failed to create typed patch object ")
      ),
  },
  {
    why: "an apply that is refused is told of its double keys all the same",
    holds: ({ where, theirs, ours }) =>
      (where === "Warning" && theirs === "[]" && ours.includes(" already set in map")) ||
      (where === "status" && theirs.startsWith("500 undefined {} failed to create typed patch object ") &&
        ours.startsWith("400 BadRequest {} error strict decoding YAML: ")),
  },
  {
    why: "who sends a subresource what it does not take owns nothing of it, and takes it from nobody",
    holds: ({ where, theirs, ours }) =>
      where === "metadata.managedFields" &&
      /"subresource":"(ephemeralcontainers|resize)"/.test(theirs) && !ours.includes('"subresource"'),
  },
  {
    why: "who scales owns the replicas, also when nobody did before",
    holds: ({ where, theirs, ours }) =>
      where === "metadata.managedFields" && ours.includes('"subresource":"scale"') && !theirs.includes('"subresource"'),
  },
  {
    why: "an eviction whose options contradict each other is the client's fault, which upstream calls its own",
    holds: ({ where, theirs, ours }) =>
      where === "status" && theirs.startsWith("500 undefined {} Non-matching dry-run options ") &&
      ours.startsWith("400 BadRequest {} Non-matching dry-run options "),
  },
  {
    why: "a whole number may be written with an exponent",
    holds: ({ where, theirs, ours }) =>
      where === "status" && ours === "accepted" &&
      /cannot unmarshal number \d+e\d+ into Go struct field .* of type int/.test(theirs),
  },
  {
    why: "what is wrong with a token to go on with is told without the decoder that found it",
    holds: ({ where, theirs, ours }) =>
      where === "message" && theirs.startsWith("invalid continue token: ") &&
      ours.startsWith("invalid continue token: "),
  },
];

import type { Difference } from "./compare.ts";
import type { Answer } from "./sides.ts";

/** Of the connection, or told by the body. */
const IGNORED = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "warning"]);

/** Each server's own; that they are there is compared. */
const OWN = new Set(["audit-id", "date", "etag"]);

/** Compares what two answers say beside their bodies. */
export function compareHeaders(theirs: Answer, ours: Answer): readonly Difference[] {
  const names = new Set(
    [...Object.keys(theirs.headers), ...Object.keys(ours.headers)].filter((name) => !IGNORED.has(name)),
  );
  return [...names].flatMap((name) => {
    const [a, b] = [theirs, ours].map(({ headers }) => textOf(name, headers[name]));
    return a === b ? [] : [{ where: `header ${name}`, theirs: a!, ours: b! }];
  });
}

function textOf(name: string, value: string | readonly string[] | undefined): string {
  if (value === undefined) return "absent";
  if (OWN.has(name)) return "present";
  return typeof value === "string" ? value : value.join(" | ");
}

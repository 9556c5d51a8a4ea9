import { badRequest } from "../../../api/status.ts";
import type { Query } from "./query.ts";

const number = /^(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)/;
const units: ReadonlySet<string> = new Set(["ns", "us", "µs", "μs", "ms", "s", "m", "h"]);

/** 400 for a `timeout` that is no duration as Go writes it. Its value counts for nothing here: no write takes as long as anybody waits. */
export function requireDuration(query: Query): void {
  const text = query.text("timeout");
  const fault = text === undefined ? undefined : durationFault(text);
  if (fault !== undefined) throw badRequest(`invalid timeout specified in the request URL - time: ${fault}`);
}

/** In Go's words; undefined for a duration. */
function durationFault(text: string): string | undefined {
  const quoted = JSON.stringify(text);
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return undefined;
  if (rest === "") return `invalid duration ${quoted}`;
  while (rest !== "") {
    const [digits] = number.exec(rest) ?? [];
    if (digits === undefined) return `invalid duration ${quoted}`;
    rest = rest.slice(digits.length);
    const [unit] = /^[^0-9.]*/.exec(rest)!;
    if (unit === "") return `missing unit in duration ${quoted}`;
    if (!units.has(unit)) return `unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
    rest = rest.slice(unit.length);
  }
  return undefined;
}

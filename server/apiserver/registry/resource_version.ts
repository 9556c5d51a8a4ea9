import { badRequest, resourceVersionTooLarge } from "../../../api/status.ts";

/** Undefined for the newest state (`""` or absent), 0 for any, else the revision. 400 for what is no number, `context` before its words. */
export function parseResourceVersion(text: string | undefined, context = ""): number | undefined {
  if (text === undefined || text === "") return undefined;
  const revision = /^[0-9]{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(revision)) {
    // In the words of Go, as upstream.
    const why = /^\d+$/.test(text) ? "value out of range" : "invalid syntax";
    throw badRequest(
      `${context}resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${
        JSON.stringify(text)
      }: ${why}`,
    );
  }
  return revision;
}

/** 504 for a revision that has not been: it comes from another store, or from before a restore. */
export function requireReached(revision: number, current: number): void {
  if (revision > current) throw resourceVersionTooLarge(revision, current);
}

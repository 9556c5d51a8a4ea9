import { forbidden, type StatusError } from "../../../api/status.ts";
import type { AdmissionRequest } from "./contract.ts";

/** The 403 of a plugin. An object that has no name yet goes by what its name will be made from. */
export function refuse({ row, object, name }: AdmissionRequest, detail: string): StatusError {
  return forbidden(row, object?.metadata.name || name || object?.metadata.generateName || "Unknown", detail);
}

/** Several reasons as one text: one as it is, more in brackets, each once. */
export function joinReasons(reasons: readonly string[]): string {
  const texts = [...new Set(reasons)];
  return texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
}

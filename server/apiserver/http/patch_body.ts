import { jsonFault } from "../../../api/codec/json_fault.ts";
import { findDuplicates } from "../../../api/codec/json_scan.ts";
import { badRequest } from "../../../api/status.ts";
import type { FieldValidation, PatchRequest } from "../contract.ts";

type Patch = Pick<PatchRequest, "patch" | "strictErrors">;

const fieldsOfOperations: ReadonlySet<string> = new Set(["op", "path", "from", "value"]);

/** Of each type of patch what opens the refusal of a text that is no JSON. */
const opening = { json: "error decoding patch: ", merge: "error decoding patch: ", strategic: "" } as const;

/** A patch with what is doubled and unknown in it, unless nobody wants to know. 400 for what is no JSON. */
export function parsePatch(text: string, type: keyof typeof opening, validation: FieldValidation): Patch {
  let patch: unknown;
  try {
    patch = JSON.parse(text);
  } catch (error) {
    throw badRequest(`${opening[type]}${jsonFault(text) ?? (error as SyntaxError).message}`);
  }
  if (validation === "Ignore") return { patch };
  const doubled = findDuplicates(text).map(({ message }) => message);
  const strictErrors = type === "json"
    ? [...doubled, ...unknownOf(patch)].map((message) => `json patch ${message}`)
    : doubled;
  return { patch, strictErrors };
}

function unknownOf(patch: unknown): string[] {
  if (!Array.isArray(patch)) return [];
  return patch.flatMap((operation, index) =>
    Object.keys(operation ?? {}).filter((field) => !fieldsOfOperations.has(field))
      .map((field) => `unknown field "[${index}].${field}"`)
  );
}

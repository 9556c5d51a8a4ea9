import type { MessageSchema, Schema } from "../schema/contract.ts";
import type { ObjectMeta } from "../types/meta_v1.ts";
import { checkValue } from "./check.ts";
import { DecodeError, describeValue, type Problem } from "./problem.ts";

/** What kind an object should be. */
export interface Expected {
  /** Also taken where the object names none. */
  readonly apiVersion?: string;
  /** Also taken where the object names none. */
  readonly kind?: string;
  /** `apiVersion` is only what to take where there is none; any other is as good, and has the same fields. For DeleteOptions, which every group has. */
  readonly anyVersion?: boolean;
}

export interface DecodeLimits {
  /** Of the text, in UTF-16 units. */
  readonly maxLength: number;
}

/** Upstream's limit of a request body. */
export const defaultLimits: DecodeLimits = { maxLength: 3 * 1024 * 1024 };

/** An object of the API: plain JSON with its `apiVersion` and `kind` set, without what its message does not know. */
export interface DecodedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface Decoded {
  readonly object: DecodedObject;
  /** Undefined for a kind that the schema does not have (a custom resource): of its fields only `metadata` has been checked. */
  readonly message: MessageSchema | undefined;
  /** Unknown and duplicate fields, for the caller to treat as its `fieldValidation` says. */
  readonly problems: readonly Problem[];
}

/** What decoding a value finds before anybody has decided what to make of it. */
export interface DecodedValue {
  readonly object: DecodedObject;
  readonly message: MessageSchema | undefined;
  readonly unknown: readonly Problem[];
  readonly wrong: readonly Problem[];
  /** Keys in the value as it was given. */
  readonly keys: number;
}

/** Finds the kind of a parsed value and checks it. Throws a {@linkcode DecodeError} for what has no kind, or another one. */
export function decodeValue(value: unknown, expected: Expected, schema: Schema): DecodedValue {
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new DecodeError("WrongType", `expected an object with apiVersion and kind, found ${describeValue(value)}`);
  }
  // Nothing is an empty object, as when Go decodes it.
  const given = (value ?? {}) as Record<string, unknown>;
  const { apiVersion, kind } = kindOf(given, expected);
  const message = schema.ofKind(apiVersion, kind) ??
    (expected.anyVersion && expected.apiVersion ? schema.ofKind(expected.apiVersion, kind) : undefined);
  const checked = checkValue(given, message, schema);
  const object = checked.value as DecodedObject;
  const complete = object.apiVersion === apiVersion && object.kind === kind ? object : { ...object, apiVersion, kind };
  return { object: complete, message, unknown: checked.unknown, wrong: checked.wrong, keys: checked.keys };
}

function kindOf(given: Record<string, unknown>, expected: Expected): { apiVersion: string; kind: string } {
  const found = {
    apiVersion: nameOf(given, "apiVersion", expected.apiVersion),
    kind: nameOf(given, "kind", expected.kind),
  };
  for (const field of ["apiVersion", "kind"] as const) {
    const wanted = expected[field];
    if (wanted === undefined || found[field] === wanted || (field === "apiVersion" && expected.anyVersion)) continue;
    const message = `the object's ${field} is ${JSON.stringify(found[field])}, here it must be "${wanted}"`;
    throw new DecodeError("WrongKind", message, { found });
  }
  return found;
}

function nameOf(
  given: Record<string, unknown>,
  field: "apiVersion" | "kind",
  expected: string | undefined,
): string {
  const found = given[field] ?? "";
  if (typeof found !== "string") {
    const message = `${field}: expected string, found ${describeValue(found)}`;
    throw new DecodeError("WrongType", message, { problems: [{ kind: "type", path: [field], message }] });
  }
  if (found !== "") return found;
  if (expected !== undefined) return expected;
  throw new DecodeError("MissingKind", `${field} is missing; every object names its apiVersion and its kind`);
}

/** For a text that goes over the limit. */
export function checkLength(text: string, limits: DecodeLimits): void {
  if (text.length <= limits.maxLength) return;
  throw new DecodeError("TooLarge", `the text has ${text.length} characters, the limit is ${limits.maxLength}`);
}

/** One line for each wrong value. */
export function wrongTypes(problems: readonly Problem[]): DecodeError {
  const lines = problems.map((p) =>
    p.position ? `line ${p.position.line}, column ${p.position.column}: ${p.message}` : p.message
  );
  const position = problems[0]?.position;
  return new DecodeError("WrongType", lines.join("\n"), { problems, ...(position && { position }) });
}

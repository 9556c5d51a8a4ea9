/** A step into an object: a field's name, a map's key, a list's index. */
export type Segment = string | number;

/** A place in a text, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Something in a text that its schema does not allow. */
export interface Problem {
  /** What is unknown or duplicate can be lived with, and the request says how (`fieldValidation`); a wrong type cannot. */
  readonly kind: "unknown" | "duplicate" | "type";
  readonly path: readonly Segment[];
  /** With the path in it: `unknown field "spec.foo"`, `spec.replicas: expected int32, found string "3"`. */
  readonly message: string;
  /** Known for YAML. */
  readonly position?: Position;
}

/** More problems than these are not reported: nobody reads them, and a hostile text could have millions. */
export const maxProblems = 100;

export type DecodeReason =
  /** Longer than the limit. */
  | "TooLarge"
  /** Not JSON, not YAML, or nested beyond the limit. */
  | "Syntax"
  /** No `apiVersion` or no `kind`, and none to be expected. */
  | "MissingKind"
  /** Another `apiVersion` or `kind` than the expected one. */
  | "WrongKind"
  /** Values that the schema's types do not allow; all of them are in `problems`. */
  | "WrongType";

/** A text that is no object of the API. */
export class DecodeError extends Error {
  readonly reason: DecodeReason;
  readonly problems: readonly Problem[];
  /** Known for YAML, and for most faults of JSON's syntax. */
  readonly position: Position | undefined;
  /** What an object of a wrong kind says it is. */
  readonly found: { readonly apiVersion: string; readonly kind: string } | undefined;

  constructor(
    reason: DecodeReason,
    message: string,
    details: {
      problems?: readonly Problem[];
      position?: Position;
      found?: { readonly apiVersion: string; readonly kind: string };
    } = {},
  ) {
    super(message);
    this.name = "DecodeError";
    this.reason = reason;
    this.problems = details.problems ?? [];
    this.position = details.position;
    this.found = details.found;
  }
}

/** `spec.containers[0].ports`; the empty path is the whole object, "". */
export function formatPath(path: readonly Segment[]): string {
  return path.map((s, i) => typeof s === "number" ? `[${s}]` : i === 0 ? s : `.${s}`).join("");
}

/** `string "x"`, `number 5`, `array`: what stands in place of what was expected. */
export function describeValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "object") return "object";
  if (typeof value !== "string") return `${typeof value} ${value}`;
  return `string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
}

import { quote } from "./quote.ts";

/** Where in an object a value stands, printed as Kubernetes prints it: `spec.containers[0].ports[1].containerPort`. */
export class Path {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  child(...names: string[]): Path {
    let text = this.#text;
    for (const name of names) {
      if (name !== "") text = text === "" ? name : `${text}.${name}`;
    }
    return new Path(text);
  }

  index(index: number): Path {
    return new Path(`${this.#text}[${index}]`);
  }

  /** A map's key: `metadata.labels[app]`. */
  key(key: string): Path {
    return new Path(`${this.#text}[${key}]`);
  }

  toString(): string {
    return this.#text;
  }
}

/** The path of a top-level field, or of one below it: `root("spec", "containers")`. */
export function root(...names: string[]): Path {
  return new Path(names.join("."));
}

/** The machine-readable types of `Status.details.causes`, with the words that open their message. */
const headings = {
  FieldValueNotFound: "Not found",
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooShort: "Too short",
  FieldValueTooMany: "Too many",
  FieldValueTooFew: "Too few",
  FieldValueTypeInvalid: "Invalid value",
} as const;

export type FieldErrorType = keyof typeof headings;

/** Their messages never repeat the value: it is missing, secret or too big to print. */
const withoutValue: ReadonlySet<FieldErrorType> = new Set<FieldErrorType>([
  "FieldValueRequired",
  "FieldValueForbidden",
  "FieldValueTooLong",
  "FieldValueTooShort",
]);

/**
 * One thing wrong with one field of an object. A value that a validator returns, not something thrown: `invalid` of
 * `api/status.ts` turns a list of them into the 422 answer.
 */
export class FieldError {
  readonly type: FieldErrorType;
  /** The printed path. */
  readonly field: string;
  readonly value: unknown;
  readonly detail: string;

  private constructor(type: FieldErrorType, path: Path, value: unknown, detail: string) {
    this.type = type;
    this.field = path.toString();
    this.value = value;
    this.detail = detail;
  }

  static required(path: Path, detail = ""): FieldError {
    return new FieldError("FieldValueRequired", path, undefined, detail);
  }

  static invalid(path: Path, value: unknown, detail: string): FieldError {
    return new FieldError("FieldValueInvalid", path, value, detail);
  }

  static typeInvalid(path: Path, value: unknown, detail: string): FieldError {
    return new FieldError("FieldValueTypeInvalid", path, value, detail);
  }

  /** Something that the value refers to does not exist. */
  static notFound(path: Path, value: unknown, detail = ""): FieldError {
    return new FieldError("FieldValueNotFound", path, value, detail);
  }

  static duplicate(path: Path, value: unknown, detail = ""): FieldError {
    return new FieldError("FieldValueDuplicate", path, value, detail);
  }

  static notSupported(path: Path, value: unknown, supported: readonly string[]): FieldError {
    const detail = supported.length === 0 ? "" : `supported values: ${supported.map(quote).join(", ")}`;
    return new FieldError("FieldValueNotSupported", path, value, detail);
  }

  static forbidden(path: Path, detail: string): FieldError {
    return new FieldError("FieldValueForbidden", path, undefined, detail);
  }

  /** `limit` counts bytes. */
  static tooLong(path: Path, limit: number): FieldError {
    return new FieldError("FieldValueTooLong", path, undefined, `may not be more than ${counted(limit, "byte")}`);
  }

  /** `limit` counts characters. */
  static tooShort(path: Path, limit: number): FieldError {
    return new FieldError("FieldValueTooShort", path, undefined, `must be at least ${counted(limit, "character")}`);
  }

  static tooMany(path: Path, actual: number, limit: number): FieldError {
    return new FieldError("FieldValueTooMany", path, actual, `must have at most ${counted(limit, "item")}`);
  }

  static tooFew(path: Path, actual: number, limit: number): FieldError {
    return new FieldError("FieldValueTooFew", path, actual, `must have at least ${counted(limit, "item")}`);
  }

  /** A field that an update tried to change and may not. */
  static immutable(path: Path, value: unknown): FieldError {
    return FieldError.invalid(path, value, "field is immutable");
  }

  /** What is wrong, without the path: the message of a `StatusCause`. */
  body(): string {
    const heading = headings[this.type];
    const shown = withoutValue.has(this.type) || this.value === undefined
      ? heading
      : `${heading}: ${printedValue(this.value)}`;
    return this.detail === "" ? shown : `${shown}: ${this.detail}`;
  }

  toString(): string {
    return `${this.field}: ${this.body()}`;
  }
}

/** Errors as one line: one as it is, several in brackets, each text once. */
export function aggregate(errors: readonly FieldError[]): string {
  const texts = new Set(errors.map((error) => error.toString()));
  const [first = ""] = texts;
  return texts.size <= 1 ? first : `[${[...texts].join(", ")}]`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function printedValue(value: unknown): string {
  if (typeof value === "string") return quote(value);
  return JSON.stringify(value, (_, part) => typeof part === "bigint" ? part.toString() : part) ?? String(value);
}

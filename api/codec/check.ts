import type { FieldSchema, FieldType, MessageSchema, Schema } from "../schema/contract.ts";
import { describeValue, formatPath, maxProblems, type Problem, type Segment } from "./problem.ts";
import { scalarTypes, wrong } from "./scalars.ts";

/** Values nested deeper than this are refused. No built-in kind comes near it; a custom resource might be made to. */
export const maxDepth = 1000;

export interface Checked {
  /** The input itself when nothing in it had to change, else a copy that shares what did not change. The input is never written to. */
  readonly value: unknown;
  /** Unknown fields, which `value` lacks. */
  readonly unknown: readonly Problem[];
  /** Values of a wrong type, which `value` lacks. */
  readonly wrong: readonly Problem[];
  /** How many keys the objects in the input have, those of unknown fields included. */
  readonly keys: number;
}

const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

type JSONObject = Record<string, unknown>;

/**
 * Checks a parsed JSON value against a message, and brings it to the form in which the API keeps it. As when upstream decodes
 * into a typed value and encodes it again: unknown fields go; null and the zero values that Go omits (`""`, `0`, `false`,
 * `[]`, `{}` where absent means the same) go; quantities and times become canonical; a null in a list or map becomes the zero value.
 * Required fields are not asked for: that is validation's part. Without a message (a custom resource) `metadata` alone is
 * checked, and any other field allowed, within the depth limit.
 */
export function checkValue(value: unknown, message: MessageSchema | undefined, schema: Schema): Checked {
  const walker = new Walker(schema);
  const checked = message ? walker.message(value, message) : walker.custom(value);
  return { value: checked, unknown: walker.unknown, wrong: walker.wrong, keys: walker.keys };
}

class Walker {
  readonly unknown: Problem[] = [];
  readonly wrong: Problem[] = [];
  keys = 0;
  readonly #schema: Schema;
  readonly #path: Segment[] = [];

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Undefined for a value that is no object. */
  message(value: unknown, message: MessageSchema): unknown {
    if (!isObject(value)) return this.#refuse("object", value);
    let changed: JSONObject | undefined;
    for (const key in value) {
      this.keys++;
      const found = value[key];
      const field = message.fields.get(key);
      this.#path.push(key);
      const kept = field ? this.#field(found, field) : this.#drop(found);
      this.#path.pop();
      if ((kept !== found || kept === undefined) && !changed) changed = entriesBefore(value, key);
      if (changed && kept !== undefined) changed[key] = kept;
    }
    return changed ?? value;
  }

  /** Undefined for a value that is no object. */
  custom(value: unknown): unknown {
    if (!isObject(value)) return this.#refuse("object", value);
    const { metadata, ...rest } = value;
    this.raw(rest, 0);
    if (metadata === undefined) return value;
    this.keys++;
    this.#path.push("metadata");
    const kept = metadata === null ? undefined : this.message(metadata, this.#schema.message(objectMeta));
    this.#path.pop();
    if (kept === metadata) return value;
    return kept === undefined ? rest : { ...value, metadata: kept };
  }

  /** Counts keys and looks for what is not JSON. */
  raw(value: unknown, depth: number): unknown {
    if (typeof value === "number" && !Number.isFinite(value)) return this.#refuse("finite number", value);
    if (typeof value !== "object" || value === null) return value;
    if (depth > maxDepth) return this.#refuse(`at most ${maxDepth} levels of nesting`, value);
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) this.#rawChild(i, value[i], depth);
    } else {
      for (const key in value) {
        this.keys++;
        this.#rawChild(key, (value as JSONObject)[key], depth);
      }
    }
    return value;
  }

  #rawChild(segment: Segment, value: unknown, depth: number): void {
    if (typeof value !== "object" && typeof value !== "number") return;
    this.#path.push(segment);
    this.raw(value, depth + 1);
    this.#path.pop();
  }

  /** Undefined where the field is to be left out. */
  #field(value: unknown, field: FieldSchema): unknown {
    if (value === null) return undefined;
    const checked = this.#typed(value, field.type);
    // An empty list of managers is a wish to forget them all.
    if (field.name === "managedFields" && this.#path.length === 2) return checked;
    return field.always || field.pointer || !isZero(checked, field.type) ? checked : undefined;
  }

  #typed(value: unknown, type: FieldType): unknown {
    if (type.is === "scalar") {
      if (type.scalar === "raw") return this.raw(value, 0);
      const { check, expected } = scalarTypes[type.scalar];
      const checked = check(value);
      return checked === wrong ? this.#refuse(expected, value) : checked;
    }
    if (type.is === "message") return this.message(value, this.#schema.message(type.message));
    return type.is === "list" ? this.#list(value, type.of) : this.#map(value, type.of);
  }

  #list(value: unknown, of: FieldType): unknown {
    if (!Array.isArray(value)) return this.#refuse("array", value);
    let changed: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      this.#path.push(i);
      const kept = this.#element(value[i], of);
      this.#path.pop();
      if (kept === value[i]) continue;
      changed ??= value.slice();
      changed[i] = kept;
    }
    return changed ?? value;
  }

  #map(value: unknown, of: FieldType): unknown {
    if (!isObject(value)) return this.#refuse("object", value);
    let changed: JSONObject | undefined;
    for (const key in value) {
      this.keys++;
      this.#path.push(key);
      const kept = this.#element(value[key], of);
      this.#path.pop();
      if (kept === value[key]) continue;
      changed ??= { ...value };
      changed[key] = kept;
    }
    return changed ?? value;
  }

  #element(value: unknown, of: FieldType): unknown {
    return value === null ? zeroOf(of) : this.#typed(value, of);
  }

  #drop(value: unknown): undefined {
    if (this.unknown.length < maxProblems) {
      const path = this.#path.slice();
      this.unknown.push({ kind: "unknown", path, message: `unknown field "${formatPath(path)}"` });
    }
    this.raw(value, 0);
  }

  #refuse(expected: string, value: unknown): undefined {
    if (this.wrong.length >= maxProblems) return;
    const path = this.#path.slice();
    const place = path.length === 0 ? "the object" : formatPath(path);
    this.wrong.push({ kind: "type", path, message: `${place}: expected ${expected}, found ${describeValue(value)}` });
  }
}

function isObject(value: unknown): value is JSONObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Built up anew: deleting a key from a copy would leave a slow object behind. */
function entriesBefore(object: JSONObject, end: string): JSONObject {
  const before: JSONObject = {};
  for (const key in object) {
    if (key === end) break;
    before[key] = object[key];
  }
  return before;
}

function isZero(value: unknown, type: FieldType): boolean {
  if (type.is === "scalar") return value === scalarTypes[type.scalar].zero;
  if (type.is === "list") return (value as unknown[] | undefined)?.length === 0;
  if (type.is === "message") return false;
  for (const _ in value as JSONObject | undefined) return false;
  return value !== undefined;
}

/** What Go makes of a null that it cannot leave out; null itself where the type has it. */
function zeroOf(type: FieldType): unknown {
  if (type.is === "scalar") return scalarTypes[type.scalar].zero ?? null;
  return type.is === "list" ? [] : {};
}

import { Quantity } from "../../../api/meta/quantity.ts";
import type { FieldSchema, MessageSchema, Scalar, Schema } from "../../../api/schema/contract.ts";

type Json = Record<string, unknown>;

/** Zero values of the types that Go writes even when they are empty. Times and lists would be null, which no client misses. */
const written: Partial<Record<Scalar, unknown>> = {
  string: "",
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  quantity: "0",
};

/** Groups whose resources are taken as they are: devices, and the overhead of runtimes. */
const inFractions = /^io\.k8s\.api\.(node|resource)\./;

/** Resources by name, of all the others. */
function isResourceList({ name }: MessageSchema, { type }: FieldSchema): boolean {
  return type.is === "map" && type.of.is === "scalar" && type.of.scalar === "quantity" &&
    !inFractions.test(name);
}

const finerThanMilli = /[nu]$|e-/;

/** Of resources there are thousandths, and nothing finer. */
function roundUp(resources: Record<string, string>): void {
  for (const name of Object.keys(resources)) {
    const text = resources[name]!;
    if (!finerThanMilli.test(text)) continue;
    const quantity = Quantity.parse(text);
    resources[name] = Quantity.ofMilli(quantity.milliValue(), quantity.format).toString();
  }
}

/**
 * Gives objects the zero values that they would have after a passage through Go's structs: what `omitempty` leaves out goes, what is
 * always written appears. Answers then look as other clients know them, and the rest of the code need not tell `""` from absent.
 */
export class ZeroValues {
  readonly #schema: Schema;
  /** Fields that Go always writes, by message. */
  readonly #always = new WeakMap<MessageSchema, readonly FieldSchema[]>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Changes the object in place. */
  normalise(message: MessageSchema, object: Json): void {
    for (const name of Object.keys(object)) {
      const field = message.fields.get(name);
      if (field === undefined) continue;
      const value = object[name];
      if (value === undefined || value === null || this.#isOmitted(field, value)) delete object[name];
      else if (isResourceList(message, field)) roundUp(value as Record<string, string>);
    }
    for (const field of this.#alwaysWritten(message)) {
      if (object[field.name] !== undefined) continue;
      if (field.type.is === "scalar") object[field.name] = written[field.type.scalar];
      else if (field.type.is === "message") {
        const part = object[field.name] = {};
        this.normalise(this.#schema.message(field.type.message), part);
      }
    }
  }

  /** Normalises what is below on the way. */
  #isOmitted(field: FieldSchema, value: unknown): boolean {
    const { type } = field;
    const keepsEmpty = field.pointer || field.always;
    switch (type.is) {
      case "scalar":
        return !keepsEmpty && type.scalar !== "raw" && (value === "" || value === 0 || value === false);
      case "message":
        this.normalise(this.#schema.message(type.message), value as Json);
        return false;
      case "list":
        if (type.of.is === "message") {
          const message = this.#schema.message(type.of.message);
          for (const item of value as Json[]) this.normalise(message, item);
        }
        // Where Go would write null after a passage through the store.
        return (value as unknown[]).length === 0;
      case "map":
        if (type.of.is === "message") {
          const message = this.#schema.message(type.of.message);
          for (const item of Object.values(value as Json)) this.normalise(message, item as Json);
        }
        return !keepsEmpty && Object.keys(value as Json).length === 0;
    }
  }

  #alwaysWritten(message: MessageSchema): readonly FieldSchema[] {
    let fields = this.#always.get(message);
    if (fields === undefined) {
      fields = [...message.fields.values()].filter(({ always, pointer, type }) =>
        always && !pointer && (type.is === "message" || (type.is === "scalar" && written[type.scalar] !== undefined))
      );
      this.#always.set(message, fields);
    }
    return fields;
  }
}

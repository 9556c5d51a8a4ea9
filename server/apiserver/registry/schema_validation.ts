import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { FieldSchema, FieldType, MessageSchema, Schema } from "../../../api/schema/contract.ts";
import type { Shelf } from "./system.ts";

type Json = Record<string, unknown>;

/** Metadata is the same for all kinds and checked as such; a status is its writer's matter. */
const checkedElsewhere: ReadonlySet<string> = new Set(["metadata", "status", "kind", "apiVersion"]);

/**
 * What is wrong with an object besides its metadata: by its strategy, or by the schema where the kind has no validation of its own. `old` is absent for a new
 * one.
 */
export function validateContent(
  { strategy, message, system }: Shelf,
  object: KubeObject,
  old?: KubeObject,
): FieldError[] {
  if (strategy.validate) return strategy.validate(object, old);
  const errors: FieldError[] = [];
  for (const [name, field] of message.fields) {
    if (!checkedElsewhere.has(name)) check(system.schema, field, (object as unknown as Json)[name], root(name), errors);
  }
  return errors;
}

/** Texts that are required, and texts of which there are only some. */
function check(schema: Schema, field: FieldSchema, value: unknown, path: Path, errors: FieldError[]): void {
  const isText = field.type.is === "scalar" && field.type.scalar === "string";
  if (isText && field.required && !value) errors.push(FieldError.required(path));
  else if (value !== undefined) checkValue(schema, field.type, field.enum, value, path, errors);
}

function checkValue(
  schema: Schema,
  type: FieldType,
  allowed: readonly string[] | undefined,
  value: unknown,
  path: Path,
  errors: FieldError[],
): void {
  switch (type.is) {
    case "scalar":
      if (allowed && typeof value === "string" && value !== "" && !allowed.includes(value)) {
        errors.push(FieldError.notSupported(path, value, allowed));
      }
      break;
    case "message":
      checkMessage(schema, schema.message(type.message), value as Json, path, errors);
      break;
    case "list":
      for (const [index, item] of (value as unknown[]).entries()) {
        checkValue(schema, type.of, allowed, item, path.index(index), errors);
      }
      break;
    case "map":
      for (const [key, item] of Object.entries(value as Json)) {
        checkValue(schema, type.of, allowed, item, path.key(key), errors);
      }
  }
}

function checkMessage(schema: Schema, message: MessageSchema, object: Json, path: Path, errors: FieldError[]): void {
  for (const [name, field] of message.fields) check(schema, field, object[name], path.child(name), errors);
}

import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import { checkConfigMapKey } from "../../../api/meta/names.ts";
import type { ConfigMap } from "../../../api/types/core_v1.ts";
import { checkText } from "./checks.ts";
import type { Strategy } from "./strategy.ts";

/** Of all values together, in bytes. */
export const maxDataBytes = 1024 * 1024;

export const configMapStrategy: Strategy<ConfigMap> = {
  validate({ data = {}, binaryData = {} }) {
    const errors: FieldError[] = [];
    let size = 0;
    for (const [key, value] of Object.entries(data)) {
      checkText(key, root("data").key(key), checkConfigMapKey, errors);
      if (Object.hasOwn(binaryData, key)) {
        errors.push(FieldError.invalid(root("data").key(key), key, "duplicate of key present in binaryData"));
      }
      // At most: counted exactly below, if it matters at all.
      size += value.length * 3;
    }
    for (const [key, value] of Object.entries(binaryData)) {
      checkText(key, root("binaryData").key(key), checkConfigMapKey, errors);
      size += base64Length(value);
    }
    if (size > maxDataBytes && exactBytes(data, binaryData) > maxDataBytes) {
      errors.push(FieldError.tooLong(root("[]"), maxDataBytes));
    }
    return errors;
  },
  validateUpdate: (object, old) => validateImmutable(object, old, ["data", "binaryData"]),
};

/** Once `immutable`, nothing in it changes, that field included. */
export function validateImmutable<T extends { immutable?: boolean }>(
  object: T,
  old: Readonly<T>,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (!old.immutable) return [];
  const detail = "field is immutable when `immutable` is set";
  const errors = fields.flatMap((field) =>
    deepEqual(object[field], old[field]) ? [] : [FieldError.forbidden(root(field), detail)]
  );
  return object.immutable ? errors : [FieldError.forbidden(root("immutable"), detail), ...errors];
}

function exactBytes(data: Record<string, string>, binaryData: Record<string, string>): number {
  const encoder = new TextEncoder();
  const texts = Object.values(data).reduce((sum, text) => sum + encoder.encode(text).length, 0);
  return Object.values(binaryData).reduce((sum, text) => sum + base64Length(text), texts);
}

export function base64Length(text: string): number {
  return Math.floor(text.length * 3 / 4);
}

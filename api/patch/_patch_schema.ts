import type { FieldSchema, FieldType, MessageSchema, Schema } from "../schema/contract.ts";

/** What a strategic merge patch must know of one field. */
export interface PatchField {
  /** What a list holds or an object is; undefined where the schema says nothing, and for raw JSON. */
  readonly content: PatchNode | undefined;
  /** Lists are merged element by element; without it the patch's list replaces them. */
  readonly merges: boolean;
  /** Objects are replaced instead of merged. */
  readonly replaces: boolean;
  /** The field that tells the elements of a merged list apart; undefined for lists of scalars. */
  readonly mergeKey: string | undefined;
}

/** The type of an object in a patch: a message with its fields, or a map whose values are all alike. */
export type PatchNode =
  | { readonly is: "message"; readonly message: MessageSchema }
  | { readonly is: "map"; readonly of: FieldType };

const unknownField: PatchField = { content: undefined, merges: false, replaces: false, mergeKey: undefined };

/** What the schema says of a field of an object of this type. */
export function patchField(schema: Schema, node: PatchNode | undefined, name: string): PatchField {
  if (node === undefined) return unknownField;
  if (node.is === "map") return { ...unknownField, content: contentOf(schema, node.of) };
  const field = node.message.fields.get(name);
  return field ? describe(schema, field) : unknownField;
}

function describe(schema: Schema, field: FieldSchema): PatchField {
  const strategies = field.patchStrategy ?? [];
  return {
    content: contentOf(schema, field.type),
    merges: strategies.includes("merge"),
    replaces: strategies.includes("replace"),
    mergeKey: field.patchMergeKey,
  };
}

function contentOf(schema: Schema, type: FieldType): PatchNode | undefined {
  switch (type.is) {
    case "scalar":
      return undefined;
    case "message":
      return { is: "message", message: schema.message(type.message) };
    case "map":
      return type;
    case "list":
      return contentOf(schema, type.of);
  }
}

import { fieldElement, type PathElement } from "./path_element.ts";
import type { FieldSchema, FieldType, MessageSchema, Scalar, Schema } from "../../schema/contract.ts";

/** What structured merge must know of a value's type. Built-in kinds have theirs from the schema's table; a custom resource without a schema is `any`. */
export type TypeNode = ScalarNode | ListNode | MapNode | AnyNode;

/** One value; raw JSON counts as one, whatever it holds. */
interface ScalarNode {
  readonly is: "scalar";
  readonly scalar: Scalar;
}

export interface ListNode {
  readonly is: "list";
  /** Atomic lists are owned as a whole; elements of a set by their value, of a map by their keys. */
  readonly relation: "atomic" | "set" | "map";
  readonly keys: readonly string[];
  readonly of: TypeNode;
}

/** A struct with its fields, or a map from any key. */
export interface MapNode {
  readonly is: "map";
  /** Owned as a whole. */
  readonly atomic: boolean;
  /** Undefined for a name that a struct does not declare, and for every key of a map. */
  field(name: string): FieldNode | undefined;
  /** Of undeclared keys; undefined where there must be none. */
  readonly of: TypeNode | undefined;
  /** The fields that Go writes as null where they are not set, by name; such fields belong to who made the struct. */
  readonly nulls: ReadonlyMap<string, FieldNode>;
}

/** Whatever the value shows: objects merge by key, lists are atomic. */
interface AnyNode {
  readonly is: "any";
}

export interface FieldNode {
  /** The step to it: made once, as it is looked up for every object. */
  readonly element: PathElement;
  readonly type: TypeNode;
  /** What the field holds where it is not set: undefined where Go leaves it out, else the zero value that Go writes. */
  readonly absent: unknown;
  /** Of a field that is a key in a list: what stands for it when it is not set. */
  readonly default: unknown;
}

/** Types of one schema's messages, made when first asked for. */
export class Types {
  readonly #schema: Schema;
  readonly #granular = new WeakMap<MessageSchema, MapNode>();
  readonly #atomic = new WeakMap<MessageSchema, MapNode>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  ofMessage(message: MessageSchema, atomic = false): MapNode {
    const known = atomic ? this.#atomic : this.#granular;
    let node = known.get(message);
    if (node === undefined) {
      node = structNode(message, atomic, (field) => this.#fieldNode(field));
      known.set(message, node);
    }
    return node;
  }

  #fieldNode(field: FieldSchema): FieldNode {
    const { type } = field;
    return {
      element: fieldElement(field.name),
      type: this.#typeOf(type, field),
      absent: absentOf(field),
      default: field.default,
    };
  }

  /** The field's facts are of its outermost type, but `structType` of the message within. */
  #typeOf(type: FieldType, field: Partial<FieldSchema>): TypeNode {
    switch (type.is) {
      case "scalar":
        return { is: "scalar", scalar: type.scalar };
      case "message":
        return this.ofMessage(this.#schema.message(type.message), field.structType === "atomic");
      case "map":
        return {
          is: "map",
          atomic: field.mapType === "atomic",
          field: noField,
          of: this.#typeOf(type.of, {}),
          nulls: none,
        };
      case "list": {
        const of = this.#typeOf(type.of, field.structType === undefined ? {} : { structType: field.structType });
        return { is: "list", ...relationOf(field), of };
      }
    }
  }
}

const zeroes: Partial<Record<Scalar, unknown>> = {
  string: "",
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  intOrString: 0,
  quantity: "0",
  duration: "0s",
};

/** Times are structs, which omitempty does not touch, but for the one field that has omitzero. */
function absentOf({ name, type, pointer, always }: FieldSchema): unknown {
  const isTime = type.is === "scalar" && (type.scalar === "time" || type.scalar === "microTime");
  if (isTime) return pointer || name === "creationTimestamp" ? undefined : null;
  if (!always) return undefined;
  if (pointer || type.is === "list" || type.is === "map") return null;
  return type.is === "message" ? {} : zeroes[type.scalar] ?? null;
}

const none: ReadonlyMap<string, FieldNode> = new Map();

function noField(): undefined {
  return undefined;
}

function structNode(message: MessageSchema, atomic: boolean, make: (field: FieldSchema) => FieldNode): MapNode {
  const made = new Map<string, FieldNode>();
  let nulls: ReadonlyMap<string, FieldNode> | undefined;
  return {
    is: "map",
    atomic,
    of: undefined,
    get nulls() {
      if (nulls === undefined) {
        const fields = [...message.fields.values()].filter((field) => absentOf(field) === null);
        nulls = fields.length === 0 ? none : new Map(fields.map(({ name }) => [name, this.field(name)!]));
      }
      return nulls;
    },
    field(name) {
      let node = made.get(name);
      if (node === undefined) {
        const field = message.fields.get(name);
        if (field === undefined) return undefined;
        node = make(field);
        made.set(name, node);
      }
      return node;
    },
  };
}

/** A list without a type of its own is as its strategic merge patches make it, as upstream reads its OpenAPI. */
function relationOf(field: Partial<FieldSchema>): Pick<ListNode, "relation" | "keys"> {
  const { listType, listMapKeys = [], patchStrategy, patchMergeKey } = field;
  if (listType !== undefined) return { relation: listType, keys: listType === "map" ? listMapKeys : [] };
  if (!patchStrategy?.includes("merge")) return { relation: "atomic", keys: [] };
  return patchMergeKey === undefined ? { relation: "set", keys: [] } : { relation: "map", keys: [patchMergeKey] };
}

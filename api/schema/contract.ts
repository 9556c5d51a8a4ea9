/** What the generated table knows of one field, message and resource. Facts only; their source is k8s.io/api of one release. */

export type Scalar =
  | "string"
  | "bool"
  | "int32"
  | "int64"
  | "double"
  /** base64 in JSON */
  | "bytes"
  | "quantity"
  | "intOrString"
  /** RFC 3339, seconds */
  | "time"
  /** RFC 3339, microseconds */
  | "microTime"
  /** Go's duration text: `1h30m` */
  | "duration"
  /** Any JSON value, kept as it is (RawExtension, JSON, FieldsV1). */
  | "raw";

export type FieldType =
  | { readonly is: "scalar"; readonly scalar: Scalar }
  | { readonly is: "message"; readonly message: string }
  /** `wrapped`: protobuf puts the list into a message of its own, as its field 1. */
  | { readonly is: "list"; readonly of: FieldType; readonly wrapped?: true }
  /** Keys are always strings. */
  | { readonly is: "map"; readonly of: FieldType };

export interface FieldSchema {
  /** As in JSON. */
  readonly name: string;
  readonly type: FieldType;
  /** Its number in protobuf; 0 where protobuf does not carry it (`apiVersion` and `kind` are in the envelope). */
  readonly number: number;
  readonly required: boolean;
  /** Go keeps a pointer, so that absent and zero differ; without one, a zero value is left out of answers. */
  readonly pointer: boolean;
  /** Go writes it even when it is empty: there is no omitempty, or it is a struct, which omitempty does not touch. */
  readonly always: boolean;
  /** Allowed values, where upstream lists them. */
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
  /** Of the message in this field, be it alone or an element of a list. */
  readonly structType?: "atomic" | "granular";
  readonly patchStrategy?: readonly ("merge" | "replace" | "retainKeys")[];
  readonly patchMergeKey?: string;
  /** The messages that JSON flattens and protobuf nests around this field, outermost first: field number and name. */
  readonly inline?: readonly (readonly [number: number, message: string])[];
}

export interface MessageSchema {
  /** As OpenAPI names it: `io.k8s.api.core.v1.Pod`. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldSchema>;
}

export interface SubresourceRow {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** A served resource; `apiGroups` of discovery, the routes and the client's constants all come from these rows. */
export interface ResourceRow {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly SubresourceRow[];
}

/** The table's face, implemented by `api/schema/schema.ts`. Messages are built when first asked for, and kept. */
export interface Schema {
  /** The message of a kind (`v1`, `Pod`), its List and option kinds included; undefined when the table has none. */
  ofKind(apiVersion: string, kind: string): MessageSchema | undefined;
  /** Throws a RangeError for a name that the table does not hold: names come from the table itself. */
  message(name: string): MessageSchema;
  resources(): readonly ResourceRow[];
}

import { isObject } from "../_json.ts";
import type { MapNode, TypeNode } from "./type_node.ts";

/** How a value of some type is worked on: as a leaf, or by its fields, or by its elements. */
export type Atom =
  | { readonly is: "leaf" }
  | { readonly is: "map"; readonly type: MapNode }
  | { readonly is: "list"; readonly type: Extract<TypeNode, { is: "list" }> };

const leafAtom: Atom = { is: "leaf" };

/** Of a value without a schema: its objects merge by key, all else is a leaf. */
const openMap: MapNode = { is: "map", atomic: false, field: () => undefined, of: { is: "any" }, nulls: new Map() };
const openAtom: Atom = { is: "map", type: openMap };

/** What these values of one type are: undefined ones are not there. They differ in kind only where there is no schema. */
export function atomOf(type: TypeNode, ...values: readonly unknown[]): Atom {
  switch (type.is) {
    case "scalar":
      return leafAtom;
    case "map":
      return type.atomic ? leafAtom : { is: "map", type };
    case "list":
      return type.relation === "atomic" ? leafAtom : { is: "list", type };
    case "any":
      return values.some(isObject) ? openAtom : leafAtom;
  }
}

/** The type of what is under a key; undefined for a field that a struct does not declare. */
export function typeUnder(type: MapNode, key: string): TypeNode | undefined {
  return type.field(key)?.type ?? type.of;
}

import { isObject } from "../_json.ts";
import { atomOf, typeUnder } from "./atom.ts";
import { emptySet, type FieldNode, type FieldSet, leaf, nodeOf } from "./field_set.ts";
import { elementsOf } from "./list_elements.ts";
import { fieldElement, type PathElement } from "./path_element.ts";
import type { TypeNode } from "./type_node.ts";

/** The paths that an object mentions: what its applier comes to own. Structs and lists are no members, elements and a map's keys are. */
export function fieldSetOfValue(type: TypeNode, value: unknown): FieldSet {
  return nodeOfValue(type, value)?.children ?? emptySet;
}

/** Undefined for a container that holds nothing. */
function nodeOfValue(type: TypeNode, value: unknown): FieldNode | undefined {
  const atom = atomOf(type, value);
  if (atom.is === "leaf") return leaf;
  const children = new Map<PathElement, FieldNode>();
  if (atom.is === "map") {
    if (!isObject(value)) return undefined;
    for (const key of Object.keys(value)) {
      const part = value[key];
      const content = typeUnder(atom.type, key);
      if (content === undefined || part === undefined) continue;
      const below = nodeOfValue(content, part);
      const member = part === null || isEmptyObject(part) || atom.type.field(key) === undefined ||
        (below?.member ?? false);
      const node = nodeOf(member, below?.children ?? emptySet);
      if (node !== undefined) children.set(fieldElement(key), node);
    }
  } else {
    if (!Array.isArray(value)) return undefined;
    for (const [element, items] of elementsOf(atom.type, value)) {
      // The fields of elements that cannot be told apart belong to nobody.
      const below = items.length > 1 ? undefined : nodeOfValue(atom.type.of, items[0]);
      children.set(element, nodeOf(true, below?.children ?? emptySet)!);
    }
  }
  return nodeOf(false, children);
}

function isEmptyObject(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

/** The set with every struct's field in it that has paths below: to take away all of a struct's fields is to take away the struct. */
export function withNamedFields(type: TypeNode | undefined, set: FieldSet): FieldSet {
  if (set.size === 0) return set;
  const named = new Map<PathElement, FieldNode>();
  for (const [element, { member, children }] of set) {
    const [content, isField] = contentOf(type, element);
    const below = withNamedFields(content, children);
    named.set(element, nodeOf(member || (isField && children.size > 0), below)!);
  }
  return named;
}

function contentOf(type: TypeNode | undefined, element: PathElement): [TypeNode | undefined, boolean] {
  if (type === undefined) return [undefined, false];
  if (type.is === "any") return [type, false];
  if (type.is === "map" && element.startsWith("f:")) {
    const field = type.field(element.slice(2));
    return [field?.type ?? type.of, field !== undefined];
  }
  return type.is === "list" && element.startsWith("k:") ? [type.of, false] : [undefined, false];
}

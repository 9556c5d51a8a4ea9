import { deepEqual } from "../../meta/deep_equal.ts";
import { getField, isObject, type JsonObject } from "../_json.ts";
import { type Atom, atomOf } from "./atom.ts";
import { emptySet, type FieldNode, type FieldSet, leaf, nodeOf, union } from "./field_set.ts";
import { elementsOf } from "./list_elements.ts";
import { fieldElement, type PathElement } from "./path_element.ts";
import type { ListNode, MapNode, TypeNode } from "./type_node.ts";

/** How one object differs from another. No path is in two of the sets. */
export interface Comparison {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

const noDifference: Comparison = { removed: emptySet, modified: emptySet, added: emptySet };

/** Compares two objects of one type. Throws an `ElementError` for lists whose elements cannot be told apart. */
export function compare(type: TypeNode, before: unknown, after: unknown): Comparison {
  const found = compareValues(type, before, after);
  if (found === undefined) return noDifference;
  // Nobody owns the object as a whole.
  return {
    removed: found.removed?.children ?? emptySet,
    modified: found.modified?.children ?? emptySet,
    added: found.added?.children ?? emptySet,
  };
}

export function isSame({ removed, modified, added }: Comparison): boolean {
  return removed.size === 0 && modified.size === 0 && added.size === 0;
}

/** What was set: the paths that a manager comes to own by the change. */
export function changedBy({ modified, added }: Comparison): FieldSet {
  return union(modified, added);
}

/** The differences at one place. */
interface Found {
  readonly removed?: FieldNode | undefined;
  readonly modified?: FieldNode | undefined;
  readonly added?: FieldNode | undefined;
}

const wasModified: Found = { modified: leaf };

/** Undefined stands for a value that is not there, null for one that is null. */
function compareValues(type: TypeNode, before: unknown, after: unknown): Found | undefined {
  // Objects share what did not change.
  if (before === after) return undefined;
  if (before === undefined) return { added: wholeOf(type, after) };
  if (after === undefined) return { removed: wholeOf(type, before) };
  if (type.is === "any" && isObject(before) !== isObject(after)) return compareKinds(before, after);
  return compareAtoms(atomOf(type, before, after), before, after);
}

function compareAtoms(atom: Atom, before: unknown, after: unknown): Found | undefined {
  if (atom.is === "leaf" || (isEmpty(before) && isEmpty(after))) return compareLeaves(before, after);
  return atom.is === "map" ? compareMaps(atom.type, before, after) : compareLists(atom.type, before, after);
}

/** An object came for something else, or went: the place is modified, and what is below came or went. */
function compareKinds(before: unknown, after: unknown): Found {
  const type: TypeNode = { is: "any" };
  const below = isObject(before) ? compareValues(type, before, undefined) : compareValues(type, undefined, after);
  return {
    modified: leaf,
    removed: below?.removed && nodeOf(false, below.removed.children),
    added: below?.added && nodeOf(false, below.added.children),
  };
}

function compareLeaves(before: unknown, after: unknown): Found | undefined {
  return deepEqual(before, after) ? undefined : wasModified;
}

/** Of something that came or went as a whole: its place and all that is below. */
function wholeOf(type: TypeNode, value: unknown): FieldNode {
  const atom = atomOf(type, value);
  const nulls = atom.is === "map" && isObject(value) ? atom.type.nulls : undefined;
  if (atom.is === "leaf" || isEmpty(value) && !nulls?.size) return leaf;
  const children = new Map<PathElement, FieldNode>();
  if (atom.is === "map") {
    const fields = fieldsOf(value);
    for (const [name, { element }] of nulls ?? []) if (fields[name] === undefined) children.set(element, leaf);
    for (const key of Object.keys(fields)) {
      const field = atom.type.field(key);
      const content = field?.type ?? atom.type.of;
      if (content === undefined || fields[key] === undefined) continue;
      children.set(field?.element ?? fieldElement(key), wholeOf(content, fields[key]));
    }
  } else {
    for (const [element, items] of elementsOf(atom.type, itemsOf(value))) {
      children.set(element, items.length > 1 ? leaf : wholeOf(atom.type.of, items[0]));
    }
  }
  return nodeOf(true, children)!;
}

function compareMaps(type: MapNode, before: unknown, after: unknown): Found | undefined {
  const gathered = new Gathered();
  const [left, right] = [fieldsOf(before), fieldsOf(after)];
  const compareField = (key: string) => {
    const field = type.field(key);
    const content = field?.type ?? type.of;
    // A field that the schema lacks is of an object that is about to lose it.
    if (content === undefined) return;
    // Of a struct that is there, Go always has the fields that it writes when they are empty.
    const valueIn = (fields: JsonObject, struct: unknown) => {
      const value = getField(fields, key);
      return value === undefined && isObject(struct) ? field?.absent : value;
    };
    const found = compareValues(content, valueIn(left, before), valueIn(right, after));
    if (found !== undefined) gathered.take(field?.element ?? fieldElement(key), found);
  };
  for (const key of Object.keys(left)) compareField(key);
  for (const key of Object.keys(right)) if (!Object.hasOwn(left, key)) compareField(key);
  return gathered.found();
}

function compareLists(type: ListNode, before: unknown, after: unknown): Found | undefined {
  const gathered = new Gathered();
  const left = elementsOf(type, itemsOf(before));
  const right = elementsOf(type, itemsOf(after));
  for (const [element, items] of left) {
    gathered.take(element, compareElements(type, items, right.get(element) ?? []));
  }
  for (const [element, items] of right) {
    if (!left.has(element)) gathered.take(element, compareElements(type, [], items));
  }
  return gathered.found();
}

/** What a list holds under one key. Where that is more than one, they count as one thing: nobody can own the fields of each. */
function compareElements({ of }: ListNode, before: readonly unknown[], after: readonly unknown[]): Found | undefined {
  const [several, severalNow] = [before.length > 1, after.length > 1];
  if (!several && !severalNow) return compareValues(of, before[0], after[0]);
  if (several && severalNow) return deepEqual(before, after) ? undefined : wasModified;
  if (several) return { ...(after.length > 0 ? compareValues(of, undefined, after[0]) : undefined), removed: leaf };
  return { ...(before.length > 0 ? compareValues(of, before[0], undefined) : undefined), added: leaf };
}

/** The differences below one place, until they are those at it. */
class Gathered {
  #removed: Map<PathElement, FieldNode> | undefined;
  #modified: Map<PathElement, FieldNode> | undefined;
  #added: Map<PathElement, FieldNode> | undefined;

  take(element: PathElement, found: Found | undefined): void {
    if (found === undefined) return;
    if (found.removed) (this.#removed ??= new Map()).set(element, found.removed);
    if (found.modified) (this.#modified ??= new Map()).set(element, found.modified);
    if (found.added) (this.#added ??= new Map()).set(element, found.added);
  }

  /** Undefined without any. */
  found(): Found | undefined {
    const removed = nodeOf(false, this.#removed ?? emptySet);
    const added = nodeOf(false, this.#added ?? emptySet);
    const modified = nodeOf(false, this.#modified ?? emptySet);
    return removed || added || modified ? { removed, modified, added } : undefined;
  }
}

/** No value, null, or a container with nothing in it. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== "object") return false;
  return (Array.isArray(value) ? value : Object.keys(value)).length === 0;
}

function fieldsOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

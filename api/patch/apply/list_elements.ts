import { getField, isObject } from "../_json.ts";
import { keyElement, type PathElement, valueElement } from "./path_element.ts";
import type { FieldNode, ListNode } from "./type_node.ts";

/** An element of a list that cannot be told from others. The messages are upstream's. */
export class ElementError extends Error {
  override readonly name = "ElementError";
}

/** The step to an element of a list that is no atomic one. Throws an {@linkcode ElementError}. */
export function elementOf(list: ListNode, item: unknown): PathElement {
  return list.relation === "map" ? elementByKeys(list, item) : elementByValue(item);
}

function elementByKeys({ keys, of }: ListNode, item: unknown): PathElement {
  if (item === null) throw new ElementError("associative list with keys may not have a null element");
  if (!isObject(item)) throw new ElementError("associative list with keys may not have non-map elements");
  const found: [string, unknown][] = [];
  for (const key of keys) {
    const value = getField(item, key) ?? (of.is === "map" ? defaultOf(of.field(key)) : undefined);
    // Elements with fewer keys are others than those with all of them.
    if (value !== undefined && value !== null) found.push([key, value]);
  }
  if (found.length > 0) return keyElement(found);
  const names = `[${keys.map((key) => JSON.stringify(key)).join(" ")}]`;
  throw new ElementError(
    `associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`,
  );
}

/** What stands for a key that is not set: its default, or the zero value that Go writes. */
function defaultOf(field: FieldNode | undefined): unknown {
  return field?.default ?? (field?.type.is === "scalar" ? field.absent : undefined);
}

function elementByValue(item: unknown): PathElement {
  if (item === null) throw new ElementError("associative list without keys has an element that's an explicit null");
  if (Array.isArray(item)) throw new ElementError("not supported: associative list with lists as elements");
  if (isObject(item)) throw new ElementError("associative list without keys has an element that's a map type");
  return valueElement(item);
}

/** Which elements are where. A stored object may hold one twice; the objects of one element are in their order. */
export function elementsOf(list: ListNode, items: readonly unknown[]): Map<PathElement, unknown[]> {
  const elements = new Map<PathElement, unknown[]>();
  for (const item of items) {
    const element = elementOf(list, item);
    const same = elements.get(element);
    if (same === undefined) elements.set(element, [item]);
    else same.push(item);
  }
  return elements;
}

import { isObject, setField } from "../_json.ts";
import { atomOf, typeUnder } from "./atom.ts";
import { isEmpty } from "./compare.ts";
import type { FieldSet } from "./field_set.ts";
import { elementOf } from "./list_elements.ts";
import { fieldElement } from "./path_element.ts";
import type { TypeNode } from "./type_node.ts";

/** The fields and elements of the set alone, with the keys that tell elements apart: the configuration that a manager must have applied. */
export function extractPaths(type: TypeNode, value: unknown, paths: FieldSet): unknown {
  const atom = atomOf(type, value);
  if (atom.is === "leaf" || isEmpty(value)) return value;
  if (atom.is === "list") {
    const found: unknown[] = [];
    for (const item of value as readonly unknown[]) {
      const node = paths.get(elementOf(atom.type, item));
      if (node !== undefined) found.push(extractElement(atom.type, item, node.children));
    }
    return found;
  }
  if (!isObject(value)) return value;
  const found: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const node = paths.get(fieldElement(key));
    const content = typeUnder(atom.type, key);
    if (node && content) setField(found, key, extractPaths(content, value[key], node.children));
  }
  return found;
}

function extractElement(list: Extract<TypeNode, { is: "list" }>, item: unknown, paths: FieldSet): unknown {
  const extracted = extractPaths(list.of, item, paths);
  if (list.relation !== "map" || !isObject(item) || !isObject(extracted)) return extracted;
  const keys = list.keys.filter((key) => Object.hasOwn(item, key)).map((key) => [key, item[key]]);
  return { ...Object.fromEntries(keys), ...extracted };
}

import { isObject, setField } from "../_json.ts";
import { atomOf, typeUnder } from "./atom.ts";
import { isEmpty } from "./compare.ts";
import type { FieldSet } from "./field_set.ts";
import { elementOf } from "./list_elements.ts";
import { fieldElement } from "./path_element.ts";
import type { TypeNode } from "./type_node.ts";

/** The value without the fields and elements of the set. Null where nothing of it is left. */
export function removePaths(type: TypeNode, value: unknown, paths: FieldSet): unknown {
  if (paths.size === 0) return value;
  const atom = atomOf(type, value);
  // A leaf goes by the path that leads to it.
  if (atom.is === "leaf") return type.is === "scalar" || type.is === "any" ? value : null;
  if (isEmpty(value)) return null;
  if (atom.is === "list") {
    const kept: unknown[] = [];
    for (const item of value as readonly unknown[]) {
      const node = paths.get(elementOf(atom.type, item));
      if (node?.member) continue;
      kept.push(node === undefined ? item : removePaths(atom.type.of, item, node.children));
    }
    return kept.length > 0 ? kept : null;
  }
  if (!isObject(value)) return null;
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const node = paths.get(fieldElement(key));
    if (node?.member) continue;
    const content = typeUnder(atom.type, key);
    setField(kept, key, node && content ? removePaths(content, value[key], node.children) : value[key]);
  }
  return Object.keys(kept).length > 0 ? kept : null;
}

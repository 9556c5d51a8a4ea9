import { type FieldNode, type FieldSet, leaf } from "./field_set.ts";
import { parseElement, type PathElement } from "./path_element.ts";

/** What FieldsV1 calls the path that ends where others go on. */
const itself = ".";

/**
 * The set that a FieldsV1 value tells: `{"f:spec":{"f:replicas":{}}}`. Steps of unknown kinds are left out with all that is below.
 * Throws a SyntaxError for a value that is none.
 */
export function parseFieldsV1(value: unknown): FieldSet {
  return parseNode(value).children;
}

function parseNode(value: unknown): FieldNode {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError(`a field set must be made of objects, found ${JSON.stringify(value)?.slice(0, 64)}`);
  }
  let children: Map<PathElement, FieldNode> | undefined;
  let member = false;
  for (const key in value) {
    if (key === itself) member = true;
    else {
      const element = parseElement(key);
      if (element !== undefined) {
        (children ??= new Map()).set(element, parseNode((value as Record<string, unknown>)[key]));
      }
    }
  }
  return children === undefined ? leaf : { member, children };
}

/** The set as JSON text, its steps in order. */
export function formatFieldsV1(set: FieldSet): string {
  return `{${contentOf(set)}}`;
}

function contentOf(set: FieldSet): string {
  let text = "";
  for (const element of set.size > 1 ? [...set.keys()].sort() : set.keys()) {
    const { member, children } = set.get(element)!;
    if (text !== "") text += ",";
    text += `${quoted(element)}:{`;
    if (children.size > 0) text += (member ? `"${itself}":{},` : "") + contentOf(children);
    text += "}";
  }
  return text;
}

const plainField = /^f:[A-Za-z0-9_./-]*$/;

function quoted(element: PathElement): string {
  return plainField.test(element) ? `"${element}"` : JSON.stringify(element);
}

/** {@linkcode parseFieldsV1} for a text that {@linkcode formatFieldsV1} made. */
export function fieldSetOf(text: string): FieldSet {
  return parseFieldsV1(JSON.parse(text));
}

/** Whether a text may tell paths that begin with these steps: false when it surely does not, so that it need not be parsed. */
export function mayMention(text: string, steps: Iterable<PathElement>): boolean {
  for (const step of steps) if (text.includes(quoted(step))) return true;
  return false;
}

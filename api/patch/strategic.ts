import { notAnObject } from "../codec/json_fault.ts";
import type { MessageSchema, Schema } from "../schema/contract.ts";
import { badRequest, type StatusError, unprocessable } from "../status.ts";
import { orderElements } from "./_element_order.ts";
import { getField, isObject, type JsonObject, requireShallow, setField } from "./_json.ts";
import { type PatchField, patchField, type PatchNode } from "./_patch_schema.ts";

/** `$patch: replace | delete` in an object, or in an element of a merged list. */
const directive = "$patch";
/** `$retainKeys: [...]`: the fields that may stay, as a union's members exclude one another. */
const retainKeys = "$retainKeys";
/** `$setElementOrder/x: [...]`: the order of the list x. */
const setElementOrder = "$setElementOrder/";
/** `$deleteFromPrimitiveList/x: [...]`: what to take out of the list of scalars x. */
const deleteFromList = "$deleteFromPrimitiveList/";
/** Upstream's words. */
const wrongRetainKeys = "invalid patch format of retainKeys";

/**
 * Applies a strategic merge patch to an object of a built-in kind: like a merge patch, but lists that the schema calls mergeable
 * are merged by their merge key, and directives delete, replace and order. Its inputs stay as they are and may be frozen; the
 * result shares what the patch does not touch.
 *
 * Throws a `StatusError`: 400 for a malformed directive or a patch that is no object, 422 for one that does not fit the object.
 *
 * @see https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export function applyStrategicPatch<T extends object>(
  schema: Schema,
  message: MessageSchema,
  original: T,
  patch: unknown,
): T {
  if (patch === null) return original;
  if (!isObject(patch)) throw badRequest(notAnObject(patch));
  requireShallow(patch, "the strategic merge patch");
  const merger = new Merger(schema);
  return merger.mergeObject(original as unknown as JsonObject, patch, { is: "message", message }, "") as T;
}

/** Every method takes where in the object it works, for the messages. */
class Merger {
  readonly #schema: Schema;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  mergeObject(original: JsonObject, patch: JsonObject, node: PatchNode | undefined, at: string): JsonObject {
    const wholly = getField(patch, directive);
    if (wholly === "replace") return withoutDirective(patch);
    if (wholly === "delete") return {};
    if (wholly !== undefined) throw unknownDirective(wholly, at);

    const { fields, retained, orders, deletions } = readDirectives(patch, at);
    const merged: Record<string, unknown> = { ...original };
    if (retained) retainOnly(merged, fields, retained, at);
    for (const [name, order] of orders) {
      const field = this.#field(node, name);
      requireOrderable(getField(merged, name), name, at);
      // The order of a list that is replaced is its own.
      if (!field.merges) {
        this.#requireKnown(node, name, at);
        continue;
      }
      const [before, added] = [getField(merged, name), fields.get(name)];
      if (added === undefined && !Array.isArray(before)) continue;
      setField(merged, name, this.#orderedList(before, added, order, field, `${at}.${name}`));
      fields.delete(name);
    }
    for (const [name, value] of fields) {
      const next = this.#mergeField(getField(merged, name), value, this.#field(node, name), `${at}.${name}`);
      if (next === undefined) delete merged[name];
      else setField(merged, name, next);
    }
    for (const [name, values] of deletions) {
      const list = getField(merged, name);
      if (!Array.isArray(list)) continue;
      requireAlike(list, values, `${at}.${name}`);
      setField(merged, name, list.filter((element) => !values.includes(element)));
    }
    return merged;
  }

  #requireKnown(node: PatchNode | undefined, name: string, at: string): void {
    if (node?.is !== "message" || node.message.fields.has(name)) return;
    throw badRequest(`${place(at)}: ${setElementOrder}${name} orders a field that there is not`);
  }

  #field(node: PatchNode | undefined, name: string): PatchField {
    return patchField(this.#schema, node, name);
  }

  /** Answers undefined where the field is to go. */
  #mergeField(original: unknown, patch: unknown, field: PatchField, at: string): unknown {
    if (patch === null) return undefined;
    if (isObject(original) && isObject(patch)) {
      return field.replaces ? patch : this.mergeObject(original, patch, field.content, at);
    }
    // A list that is not merged is taken as it is: what looks like directives there are unknown fields of its elements.
    if (Array.isArray(original) && Array.isArray(patch)) {
      return field.merges ? this.#mergeList(original, patch, field, at) : patch;
    }
    return clean(patch);
  }

  /** A list with an order of its own: merged if the patch has elements for it, then put in that order. */
  #orderedList(original: unknown, patch: unknown, order: readonly unknown[], field: PatchField, at: string): unknown {
    if (patch !== undefined && !Array.isArray(patch)) {
      throw badRequest(`${place(at)} must be a list, as its order is one`);
    }
    const before = Array.isArray(original) ? original : [];
    const { keyOf } = new ElementKeys(field, at, before, patch ?? []);
    const keys = order.map(keyOf);
    requireOrderOf(patch ?? [], keys, keyOf, at);
    const merged = patch === undefined ? before : this.#mergeField(original, patch, field, at) as unknown[];
    return orderElements(merged, keyOf, keys, before.map(keyOf));
  }

  #mergeList(original: readonly unknown[], patch: readonly unknown[], field: PatchField, at: string): unknown[] {
    const { keyOf, objects } = new ElementKeys(field, at, original, patch);
    if (!objects) {
      const keys = [...original, ...patch];
      return orderElements([...new Set(keys)], keyOf, patch, original);
    }
    const merged = new Map<unknown, JsonObject>();
    const replace = (patch as JsonObject[]).some((element) => element[directive] === "replace");
    // An original list may hold a key twice (ports of two protocols); all but the first are kept under keys of their own.
    if (!replace) {
      for (const element of original as JsonObject[]) {
        const key = keyOf(element);
        merged.set(merged.has(key) ? Symbol() : key, element);
      }
    }
    for (const element of patch as JsonObject[]) this.#mergeElement(merged, element, keyOf, field, at);
    const order = (patch as JsonObject[]).filter((element) => Object.hasOwn(element, field.mergeKey!)).map(keyOf);
    return orderElements([...merged.values()], keyOf, order, original.map(keyOf));
  }

  #mergeElement(
    merged: Map<unknown, JsonObject>,
    element: JsonObject,
    keyOf: (element: unknown) => unknown,
    field: PatchField,
    at: string,
  ): void {
    const { [directive]: what, ...content } = element;
    if (what === "delete") {
      const key = keyOf(element);
      for (const [other, kept] of merged) if (keyOf(kept) === key) merged.delete(other);
      return;
    }
    // An element that only says how the list is patched is no element of it.
    if (what === "replace") return;
    if (what !== undefined) throw unknownDirective(what, at);
    const key = keyOf(element);
    const old = merged.get(key);
    merged.set(key, old ? this.mergeObject(old, content, field.content, `${at}[${key}]`) : content);
  }
}

/** Tells the elements of one list apart, once it is sure that they are all objects or all scalars. */
class ElementKeys {
  readonly objects: boolean;
  readonly keyOf: (element: unknown) => unknown;

  constructor(field: PatchField, at: string, ...lists: (readonly unknown[])[]) {
    const elements = lists.flat();
    const path = place(at);
    this.objects = elements.some(isObject);
    if (elements.some(Array.isArray)) throw unprocessable(`${path}: lists of lists cannot be merged`);
    if (this.objects && !elements.every(isObject)) {
      throw unprocessable(`${path}: objects and scalars cannot be merged into one list`);
    }
    const { mergeKey } = field;
    if (!this.objects) {
      this.keyOf = (element) => isObject(element) && mergeKey ? element[mergeKey] : element;
      return;
    }
    if (mergeKey === undefined) throw unprocessable(`${path}: a list of objects without a merge key cannot be merged`);
    this.keyOf = (element) => {
      const key = isObject(element) ? getField(element, mergeKey) : undefined;
      if (key === undefined) {
        throw unprocessable(`${path}: the element ${excerpt(element)} lacks the merge key ${mergeKey}`);
      }
      return key;
    };
  }
}

interface Directives {
  readonly fields: Map<string, unknown>;
  readonly retained: ReadonlySet<unknown> | undefined;
  readonly orders: readonly (readonly [string, readonly unknown[]])[];
  readonly deletions: readonly (readonly [string, readonly unknown[]])[];
}

function readDirectives(patch: JsonObject, at: string): Directives {
  const fields = new Map<string, unknown>();
  const orders: [string, readonly unknown[]][] = [];
  const deletions: [string, readonly unknown[]][] = [];
  let retained: ReadonlySet<unknown> | undefined;
  for (const key of Object.keys(patch)) {
    if (key === directive) continue;
    if (key === setElementOrder.slice(0, -1)) throw badRequest("invalid patch format of setElementOrder list");
    if (key === deleteFromList.slice(0, -1)) throw badRequest("invalid patch format of primitive list");
    if (key === retainKeys) retained = new Set(listOf(patch, key, at));
    else if (key.startsWith(setElementOrder)) orders.push([key.slice(setElementOrder.length), listOf(patch, key, at)]);
    else if (key.startsWith(deleteFromList)) {
      const name = key.slice(deleteFromList.length);
      // As of any field, null takes away the whole list; whatever else it is deletes nothing.
      if (patch[key] === null) fields.set(name, null);
      else if (Array.isArray(patch[key])) deletions.push([name, patch[key]]);
    } else fields.set(key, patch[key]);
  }
  return { fields, retained, orders, deletions };
}

function listOf(patch: JsonObject, key: string, at: string): readonly unknown[] {
  const value = patch[key];
  if (Array.isArray(value)) return value;
  const detail = `${place(at)}: ${key} must be a list, not ${excerpt(value)}`;
  throw badRequest(key === retainKeys ? `${wrongRetainKeys}: ${detail}` : detail);
}

function retainOnly(
  merged: Record<string, unknown>,
  fields: ReadonlyMap<string, unknown>,
  retained: ReadonlySet<unknown>,
  at: string,
): void {
  for (const [name, value] of fields) {
    if (value !== null && !retained.has(name)) {
      throw badRequest(
        `${wrongRetainKeys}: ${place(at)}: the patch sets ${name}, which its ${retainKeys} does not list`,
      );
    }
  }
  for (const name of Object.keys(merged)) if (!retained.has(name)) delete merged[name];
}

/** A patch whose elements come in another order than it demands is a mistake of whoever made it. */
function requireOrderOf(
  patch: readonly unknown[],
  order: readonly unknown[],
  keyOf: (element: unknown) => unknown,
  at: string,
): void {
  if (order.length === 0) return;
  let next = 0;
  for (const element of patch) {
    if (isObject(element) && directive in element) continue;
    const found = order.indexOf(keyOf(element), next);
    if (found < 0) {
      throw unprocessable(
        `${place(at)}: the element ${excerpt(element)} is not where ${setElementOrder.slice(0, -1)} has it`,
      );
    }
    next = found + 1;
  }
}

/** What a patch adds where there was nothing: without its nulls, and without objects that say how they are patched. */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean).filter((element) => element !== undefined);
  if (!isObject(value)) return value;
  return Object.hasOwn(value, directive) ? undefined : cleanObject(value);
}

function withoutDirective({ [directive]: _, ...fields }: JsonObject): JsonObject {
  return fields;
}

function requireOrderable(value: unknown, name: string, at: string): void {
  if (value === undefined || Array.isArray(value)) return;
  throw badRequest(`${place(at)}: ${setElementOrder}${name} orders ${excerpt(value)}, which is no list`);
}

function cleanObject(object: JsonObject): JsonObject {
  const cleaned: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    const isDirective = key === directive || key === retainKeys || key.startsWith(setElementOrder) ||
      key.startsWith(deleteFromList);
    const value = isDirective || object[key] === null ? undefined : clean(object[key]);
    if (value !== undefined) setField(cleaned, key, value);
  }
  return cleaned;
}

/** Scalars of another type than those in the list are in no such list. */
function requireAlike(list: readonly unknown[], values: readonly unknown[], at: string): void {
  const types = new Set([...list, ...values].map((value) => typeof value));
  if (types.size > 1) throw unprocessable(`${place(at)}: values of several types cannot be in one list`);
}

function unknownDirective(what: unknown, at: string): StatusError {
  return badRequest(`${place(at)}: ${directive} ${excerpt(what)} is not one of replace, delete`);
}

function place(at: string): string {
  return at === "" ? "patch" : at.slice(1);
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 128 ? `${text.slice(0, 128)}…` : text;
}

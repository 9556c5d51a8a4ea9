import { jsonTypeOf } from "../codec/json_fault.ts";
import { deepEqual } from "../meta/deep_equal.ts";
import { badRequest, requestEntityTooLarge, type StatusError, unprocessable } from "../status.ts";
import { getField, isObject, type JsonObject, requireShallow, setField } from "./_json.ts";
import { arrayIndex, parsePointer } from "./json_pointer.ts";

const maxOperations = 10_000;
/** How much JSON all `copy` operations of one patch may make: each could double the document. In UTF-16 code units. */
const maxCopied = 3 * 1024 * 1024;

const ops = ["add", "remove", "replace", "move", "copy", "test"] as const;

interface Operation {
  readonly op: string;
  /** Undefined where the operation lacks it, which it is refused for when its turn comes. */
  readonly path: Pointer | undefined;
  readonly from: Pointer | undefined;
  /** Null where the operation has none. */
  readonly value: unknown;
}

interface Pointer {
  readonly text: string;
  readonly tokens: readonly string[];
}

/**
 * Applies a JSON patch to a document: RFC 6902, but for what upstream takes besides. A negative index counts from a list's end, a field that
 * is not there can be replaced, tested to be null and copied as null. Its inputs stay as they are and may be frozen; the result shares what
 * the patch does not touch.
 *
 * Throws a `StatusError`: 400 for what is no JSON patch, 413 for one of more than 10,000 operations or with copies of more than
 * 3 MiB, 422 when it does not fit the document or a `test` fails. The message names the operation by its number, from 0.
 */
export function applyJsonPatch<T extends object>(document: T, patch: unknown): T {
  const operations = parseJsonPatch(patch);
  const draft = new Draft(document);
  operations.forEach((operation, number) => {
    try {
      perform(draft, operation);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      const which = `${number} (${operation.op} ${operation.path?.text ?? ""})`;
      throw unprocessable(`JSON patch operation ${which}: ${error.message}`);
    }
  });
  if (!isObject(draft.root)) throw unprocessable("the JSON patch leaves no object");
  // Operations can build on one another.
  requireShallow(draft.root, "the result of the JSON patch");
  return draft.root as T;
}

function parseJsonPatch(patch: unknown): Operation[] {
  if (patch === null) return [];
  if (!Array.isArray(patch)) throw undecodable(patch, "value of type []handlers.jsonPatchOp");
  if (patch.length > maxOperations) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  }
  requireShallow(patch, "the JSON patch");
  return patch.map(parseOperation);
}

/** In the words of upstream's decoder. */
function undecodable(value: unknown, into: string): StatusError {
  return badRequest(`error decoding patch: json: cannot unmarshal ${jsonTypeOf(value)} into Go ${into}`);
}

function parseOperation(raw: unknown, number: number): Operation {
  if (raw !== null && !isObject(raw)) throw undecodable(raw, "value of type handlers.jsonPatchOp");
  const given: JsonObject = raw ?? {};
  const text = (field: "op" | "path" | "from"): string | undefined => {
    const value = given[field] ?? undefined;
    if (value === undefined || typeof value === "string") return value;
    throw undecodable(value, `struct field jsonPatchOp.${field} of type string`);
  };
  const pointer = (field: "path" | "from"): Pointer | undefined => {
    const found = text(field);
    if (found === undefined) return undefined;
    const tokens = parsePointer(found);
    if (tokens) return { text: found, tokens };
    throw badRequest(
      `JSON patch operation ${number}: ${field} ${JSON.stringify(found)} is not a JSON pointer such as /spec/replicas`,
    );
  };
  return { op: text("op") ?? "", path: pointer("path"), from: pointer("from"), value: given["value"] ?? null };
}

const performers: Readonly<Record<(typeof ops)[number], (draft: Draft, operation: Operation) => void>> = {
  add: (draft, { path, value }) => draft.add(tokensOf(path, "path"), value),
  remove: (draft, { path }) => void draft.remove(tokensOf(path, "path")),
  replace: (draft, { path, value }) => draft.replace(tokensOf(path, "path"), value),
  copy: (draft, { path, from }) => draft.add(tokensOf(path, "path"), draft.copyOf(tokensOf(from, "from"))),
  move(draft, { path, from }) {
    const [source, target] = [tokensOf(from, "from"), tokensOf(path, "path")];
    if (source.length < target.length && source.every((token, i) => token === target[i])) {
      throw new Misfit(`${from!.text} cannot move into itself`);
    }
    draft.add(target, draft.remove(source));
  },
  test(draft, { path, value }) {
    if (!deepEqual(draft.get(tokensOf(path, "path")) ?? null, value)) {
      throw new Misfit(`the value is not ${excerpt(value)}`);
    }
  },
};

function perform(draft: Draft, operation: Operation): void {
  const { op } = operation;
  if (!Object.hasOwn(performers, op)) throw new Misfit(`${JSON.stringify(op)} is not one of ${ops.join(", ")}`);
  performers[op as keyof typeof performers](draft, operation);
}

function tokensOf(pointer: Pointer | undefined, field: "path" | "from"): readonly string[] {
  if (pointer === undefined) throw new Misfit(`${field} is missing`);
  return pointer.tokens;
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 128 ? `${text.slice(0, 128)}…` : text;
}

/** An operation that does not fit the document. */
class Misfit extends Error {}

type Container = Record<string, unknown> | unknown[];

/** A document being changed: each object or list of it is copied once, before the first change in it. */
class Draft {
  root: unknown;
  readonly #own = new Set<Container>();
  #copied = 0;

  constructor(root: unknown) {
    this.root = root;
  }

  /** Undefined for a field that is not there, in an object that is. */
  get(path: readonly string[]): unknown {
    const last = path.at(-1);
    if (last === undefined) return this.root;
    const parent = path.slice(0, -1).reduce(step, this.root);
    return isObject(parent) ? getField(parent, last) : step(parent, last);
  }

  add(path: readonly string[], value: unknown): void {
    const last = path.at(-1);
    if (last === undefined) {
      this.root = value;
      return;
    }
    const parent = this.#ownParent(path);
    if (Array.isArray(parent)) {
      // The new element counts, too.
      const index = last === "-" ? parent.length : indexIn(last, parent.length + 1);
      if (index === undefined) throw new Misfit(noPlace(last, parent));
      parent.splice(index, 0, value);
    } else setField(parent, last, value);
  }

  replace(path: readonly string[], value: unknown): void {
    const last = path.at(-1);
    if (last === undefined) {
      this.root = value;
      return;
    }
    const parent = this.#ownParent(path);
    if (Array.isArray(parent)) parent[requireIndex(last, parent)] = value;
    else setField(parent, last, value);
  }

  /** Answers what was removed. */
  remove(path: readonly string[]): unknown {
    const last = path.at(-1);
    if (last === undefined) throw new Misfit("the whole document cannot be removed");
    const parent = this.#ownParent(path);
    const removed = step(parent, last);
    if (Array.isArray(parent)) parent.splice(requireIndex(last, parent), 1);
    else delete parent[last];
    return removed;
  }

  /** A copy that shares nothing with the draft, whose own parts may change in place. */
  copyOf(path: readonly string[]): unknown {
    const text = JSON.stringify(this.get(path) ?? null);
    this.#copied += text.length;
    if (this.#copied > maxCopied) {
      throw requestEntityTooLarge(`the copy operations of the JSON patch make more than ${maxCopied} characters`);
    }
    return JSON.parse(text);
  }

  /** The container of the last token, with all that lead to it made this draft's own. */
  #ownParent(path: readonly string[]): Container {
    let container = this.#owned(this.root, path[0]!);
    this.root = container;
    for (let i = 0; i < path.length - 1; i++) {
      const token = path[i]!;
      const child = this.#owned(step(container, token), path[i + 1]!);
      if (Array.isArray(container)) container[requireIndex(token, container)] = child;
      else setField(container, token, child);
      container = child;
    }
    return container;
  }

  #owned(value: unknown, next: string): Container {
    if (typeof value !== "object" || value === null) throw new Misfit(noPlace(next, value));
    if (this.#own.has(value as Container)) return value as Container;
    const copy: Container = Array.isArray(value) ? [...value] : { ...value };
    this.#own.add(copy);
    return copy;
  }
}

/** The value under one token. */
function step(value: unknown, token: string): unknown {
  if (Array.isArray(value)) return value[requireIndex(token, value)];
  if (isObject(value) && Object.hasOwn(value, token)) return value[token];
  throw new Misfit(noPlace(token, value));
}

function requireIndex(token: string, list: readonly unknown[]): number {
  const index = indexIn(token, list.length);
  if (index === undefined) throw new Misfit(noPlace(token, list));
  return index;
}

/** Undefined for what is no place among so many. */
function indexIn(token: string, length: number): number | undefined {
  const index = token.startsWith("-") ? arrayIndex(token.slice(1)) : arrayIndex(token);
  if (index === undefined) return undefined;
  const place = token.startsWith("-") ? length - index : index;
  return place >= 0 && place < length ? place : undefined;
}

function noPlace(token: string, value: unknown): string {
  const place = JSON.stringify(token);
  if (Array.isArray(value)) return `there is no place ${place} in a list of ${value.length}`;
  return isObject(value)
    ? `there is no field ${place}`
    : `there is no field ${place} in a ${value === null ? "null" : typeof value}`;
}

import { deepEqual } from "../meta/deep_equal.ts";
import { badRequest, requestEntityTooLarge, unprocessable } from "../status.ts";
import { isObject, requireShallow, setField } from "./_json.ts";
import { arrayIndex, parsePointer } from "./json_pointer.ts";

const maxOperations = 10_000;
/** How much JSON all `copy` operations of one patch may make: each could double the document. In UTF-16 code units. */
const maxCopied = 3 * 1024 * 1024;

type Operation =
  | { readonly op: "add" | "replace" | "test"; readonly path: Pointer; readonly value: unknown }
  | { readonly op: "remove"; readonly path: Pointer }
  | { readonly op: "move" | "copy"; readonly path: Pointer; readonly from: Pointer };

interface Pointer {
  readonly text: string;
  readonly tokens: readonly string[];
}

/**
 * Applies a JSON patch (RFC 6902) to a document. Its inputs stay as they are and may be frozen; the result shares what
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
      throw unprocessable(`JSON patch operation ${number} (${operation.op} ${operation.path.text}): ${error.message}`);
    }
  });
  if (!isObject(draft.root)) throw unprocessable("the JSON patch leaves no object");
  // Operations can build on one another.
  requireShallow(draft.root, "the result of the JSON patch");
  return draft.root as T;
}

function parseJsonPatch(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) throw badRequest("a JSON patch must be a list of operations");
  if (patch.length > maxOperations) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  }
  requireShallow(patch, "the JSON patch");
  return patch.map(parseOperation);
}

function parseOperation(raw: unknown, number: number): Operation {
  const fail = (why: string) => badRequest(`JSON patch operation ${number}: ${why}`);
  if (!isObject(raw)) throw fail("must be an object");
  const pointer = (field: "path" | "from"): Pointer => {
    const text = raw[field];
    if (typeof text !== "string") throw fail(`${field} must be a string`);
    const tokens = parsePointer(text);
    if (!tokens) throw fail(`${field} ${JSON.stringify(text)} is not a JSON pointer such as /spec/replicas`);
    return { text, tokens };
  };
  switch (raw.op) {
    case "add":
    case "replace":
    case "test":
      if (raw.value === undefined) throw fail(`${raw.op} needs a value`);
      return { op: raw.op, path: pointer("path"), value: raw.value };
    case "remove":
      return { op: raw.op, path: pointer("path") };
    case "move":
    case "copy":
      return { op: raw.op, path: pointer("path"), from: pointer("from") };
    default:
      throw fail(`op ${JSON.stringify(raw.op)} is not one of add, remove, replace, move, copy, test`);
  }
}

function perform(draft: Draft, operation: Operation): void {
  const { path } = operation;
  switch (operation.op) {
    case "add":
      return draft.add(path.tokens, operation.value);
    case "remove":
      return void draft.remove(path.tokens);
    case "replace":
      return draft.replace(path.tokens, operation.value);
    case "copy":
      return draft.add(path.tokens, draft.copyOf(operation.from.tokens));
    case "move": {
      const from = operation.from.tokens;
      if (from.length < path.tokens.length && from.every((token, i) => token === path.tokens[i])) {
        throw new Misfit(`${operation.from.text} cannot move into itself`);
      }
      return draft.add(path.tokens, draft.remove(from));
    }
    case "test":
      if (!deepEqual(draft.get(path.tokens), operation.value)) {
        throw new Misfit(`the value is not ${excerpt(operation.value)}`);
      }
  }
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

  get(path: readonly string[]): unknown {
    return path.reduce((value, token) => step(value, token), this.root);
  }

  add(path: readonly string[], value: unknown): void {
    const last = path.at(-1);
    if (last === undefined) {
      this.root = value;
      return;
    }
    const parent = this.#ownParent(path);
    if (Array.isArray(parent)) {
      const index = last === "-" ? parent.length : arrayIndex(last);
      if (index === undefined || index > parent.length) throw new Misfit(noPlace(last, parent));
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
    step(parent, last);
    if (Array.isArray(parent)) parent[Number(last)] = value;
    else setField(parent, last, value);
  }

  /** Answers what was removed. */
  remove(path: readonly string[]): unknown {
    const last = path.at(-1);
    if (last === undefined) throw new Misfit("the whole document cannot be removed");
    const parent = this.#ownParent(path);
    const removed = step(parent, last);
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete parent[last];
    return removed;
  }

  /** A copy that shares nothing with the draft, whose own parts may change in place. */
  copyOf(path: readonly string[]): unknown {
    const text = JSON.stringify(this.get(path));
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
      if (Array.isArray(container)) container[Number(token)] = child;
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
  if (Array.isArray(value)) {
    const index = arrayIndex(token);
    if (index !== undefined && index < value.length) return value[index];
  } else if (isObject(value) && Object.hasOwn(value, token)) return value[token];
  throw new Misfit(noPlace(token, value));
}

function noPlace(token: string, value: unknown): string {
  const place = JSON.stringify(token);
  if (Array.isArray(value)) return `there is no place ${place} in a list of ${value.length}`;
  return isObject(value)
    ? `there is no field ${place}`
    : `there is no field ${place} in a ${value === null ? "null" : typeof value}`;
}

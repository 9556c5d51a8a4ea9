import { keyOf, type KubeObject } from "../api/resource.ts";
import type { Change } from "./informer_contract.ts";

/** Makes an object's values for one index. */
export type IndexFunction<T> = (object: T) => readonly string[];

const byNamespace = "namespace";

/** Objects by key, with indexes. Holds references only. */
export class ObjectView<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, { values: IndexFunction<T>; entries: Map<string, Set<string>> }>();

  constructor(namespaced: boolean) {
    if (namespaced) this.#define(byNamespace, (object) => [object.metadata.namespace ?? ""]);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): readonly T[] {
    return namespace && this.#indexes.has(byNamespace)
      ? this.byIndex(byNamespace, namespace)
      : [...this.#objects.values()];
  }

  /** Throws a RangeError for an index that nobody has added. */
  byIndex(index: string, value: string): readonly T[] {
    const found = this.#indexes.get(index);
    if (found === undefined) {
      throw new RangeError(`there is no index ${JSON.stringify(index)}: add it before the informers start`);
    }
    const keys = found.entries.get(value);
    if (keys === undefined) return [];
    const objects: T[] = [];
    for (const key of keys) objects.push(this.#objects.get(key)!);
    return objects;
  }

  /** Throws a RangeError for a name that is taken by another function, and for any once there are objects. */
  addIndex(index: string, values: IndexFunction<T>): void {
    const old = this.#indexes.get(index);
    if (old?.values === values) return;
    if (old !== undefined) throw new RangeError(`there is an index ${JSON.stringify(index)} already`);
    if (this.#objects.size > 0) throw new RangeError(`index ${JSON.stringify(index)} comes after the first list`);
    this.#define(index, values);
  }

  /** Answers what changed: undefined when this very version is there already. */
  put(object: T): Change<T> | undefined {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous !== undefined && isSameVersion(previous, object)) return undefined;
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) reindex(index, key, previous, object);
    return previous === undefined ? { type: "added", object } : { type: "updated", object, previous };
  }

  /** `last` is the object as it was deleted, where that is known. */
  remove(key: string, last?: T): Change<T> | undefined {
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) reindex(index, key, previous, undefined);
    return { type: "deleted", object: last ?? previous };
  }

  /** Makes the view equal to a fresh list and answers what that changed: the deletions first. */
  replace(objects: readonly T[]): Change<T>[] {
    const present = new Map(objects.map((object) => [keyOf(object), object]));
    const changes: (Change<T> | undefined)[] = [];
    for (const [key, old] of [...this.#objects]) {
      const next = present.get(key);
      // One that was deleted and made anew under its name while nobody watched is two changes.
      if (next === undefined || next.metadata.uid !== old.metadata.uid) changes.push(this.remove(key));
    }
    for (const object of present.values()) changes.push(this.put(object));
    return changes.filter((change) => change !== undefined);
  }

  #define(index: string, values: IndexFunction<T>): void {
    this.#indexes.set(index, { values, entries: new Map() });
  }
}

function isSameVersion(a: KubeObject, b: KubeObject): boolean {
  return a === b ||
    (a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion !== undefined &&
      a.metadata.resourceVersion === b.metadata.resourceVersion);
}

function reindex<T>(
  index: { values: IndexFunction<T>; entries: Map<string, Set<string>> },
  key: string,
  previous: T | undefined,
  next: T | undefined,
): void {
  const { values, entries } = index;
  const before = previous === undefined ? [] : values(previous);
  const after = next === undefined ? [] : values(next);
  for (const value of before) {
    if (after.includes(value)) continue;
    const keys = entries.get(value);
    keys?.delete(key);
    if (keys?.size === 0) entries.delete(value);
  }
  for (const value of after) {
    const keys = entries.get(value);
    if (keys === undefined) entries.set(value, new Set([key]));
    else keys.add(key);
  }
}

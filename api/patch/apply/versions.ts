import type { TypeNode } from "./type_node.ts";

/** One version of a kind. */
export interface KindVersion {
  readonly apiVersion: string;
  readonly type: TypeNode;
}

/** Turns an object of one version into the same one of another. A kind with one version has none. */
export interface Versions {
  /** Undefined for a version that is not served (any more): what its managers own is forgotten. */
  find(apiVersion: string): KindVersion | undefined;
  convert(object: unknown, from: KindVersion, to: KindVersion): unknown;
}

/** What a comparison in one version is in every other one, found when first asked for. */
export class InVersions<T> {
  readonly #known: Map<string, T | undefined>;
  readonly #versions: Versions;
  readonly #make: (version: KindVersion) => T;

  constructor(versions: Versions, of: KindVersion, known: T, make: (version: KindVersion) => T) {
    this.#versions = versions;
    this.#known = new Map([[of.apiVersion, known]]);
    this.#make = make;
  }

  /** Undefined for a version that is not served. */
  at(apiVersion: string): T | undefined {
    if (this.#known.has(apiVersion)) return this.#known.get(apiVersion);
    const version = this.#versions.find(apiVersion);
    const made = version && this.#make(version);
    this.#known.set(apiVersion, made);
    return made;
  }
}

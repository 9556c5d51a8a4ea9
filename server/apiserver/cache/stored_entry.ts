import { deepFreeze } from "../../../api/meta/freeze.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { ObjectMeta } from "../../../api/types/meta_v1.ts";
import type { Entry } from "../contract.ts";
import type { Storage } from "./layout.ts";

/**
 * One version of a stored object. The text is the truth; the object is parsed when asked for and then held weakly, so that all who
 * hold it hold the same one, and one that nobody holds costs no memory.
 */
export class StoredEntry implements Entry {
  readonly storage: Storage;
  readonly key: string;
  /** As in the datastore: in the layout of `encode`. */
  readonly text: string;
  readonly revision: number;
  #object: WeakRef<KubeObject> | undefined;

  /** `object` must be what `text` says at this revision, deeply frozen. */
  constructor(storage: Storage, key: string, text: string, revision: number, object?: KubeObject) {
    this.storage = storage;
    this.key = key;
    this.text = text;
    this.revision = revision;
    if (object !== undefined) this.#object = new WeakRef(object);
  }

  get namespace(): string {
    const { storage, key } = this;
    return storage.namespaced ? key.slice(storage.prefix.length, key.lastIndexOf("/")) : "";
  }

  get name(): string {
    return this.key.slice(this.key.lastIndexOf("/") + 1);
  }

  get object(): KubeObject {
    const known = this.#object?.deref();
    if (known !== undefined) return known;
    const object = deepFreeze(JSON.parse(this.json()) as KubeObject);
    this.#object = new WeakRef(object);
    return object;
  }

  get metadata(): ObjectMeta {
    const known = this.#object?.deref();
    if (known !== undefined) return known.metadata;
    const start = this.storage.header.length - 1;
    return JSON.parse(this.text.slice(start, objectEnd(this.text, start))) as ObjectMeta;
  }

  json(): string {
    const { header } = this.storage;
    return `${header}"resourceVersion":"${this.revision}",${this.text.slice(header.length)}`;
  }

  itemJson(): string {
    return `{"metadata":{"resourceVersion":"${this.revision}",${this.text.slice(this.storage.header.length)}`;
  }

  /** The same content under another revision: what a deletion shows. */
  at(revision: number): StoredEntry {
    return new StoredEntry(this.storage, this.key, this.text, revision);
  }
}

const quote = 0x22;
const backslash = 0x5c;
const open = 0x7b;
const close = 0x7d;

/** Behind the brace that closes the JSON object which opens at `start`. */
function objectEnd(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) i = stringEnd(text, i);
    else if (code === open) depth++;
    else if (code === close && --depth === 0) return i + 1;
  }
  throw new RangeError("a stored object ends before its metadata does");
}

/** At the quote that closes the string which opens at `start`. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++;
  return backslashes % 2 === 1;
}

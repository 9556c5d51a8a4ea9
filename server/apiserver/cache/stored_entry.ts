import { deepFreeze } from "../../../api/meta/freeze.ts";
import type { ManagedRecords } from "../../../api/patch/apply/managers.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { ObjectMeta } from "../../../api/types/meta_v1.ts";
import type { Entry } from "../contract.ts";
import { containerEnd } from "./json_end.ts";
import type { Content, Storage } from "./layout.ts";
import { PackedManagers } from "./packed_managers.ts";

/**
 * One version of a stored object. The text is the truth; the object is parsed when asked for and then held weakly, so that all who
 * hold it hold the same one, and one that nobody holds costs no memory.
 */
export class StoredEntry implements Entry {
  readonly storage: Storage;
  readonly key: string;
  /** In the layout of `encode`: without managedFields. */
  readonly text: string;
  readonly revision: number;
  readonly managers: PackedManagers | undefined;
  #object: WeakRef<KubeObject> | undefined;

  /** `object` must be what the content says at this revision, deeply frozen, without managedFields. */
  constructor(storage: Storage, key: string, { text, managers }: Content, revision: number, object?: KubeObject) {
    this.storage = storage;
    this.key = key;
    this.text = text;
    this.revision = revision;
    this.managers = managers;
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
    const object = deepFreeze(JSON.parse(`${this.#head()}${this.#rest()}`) as KubeObject);
    this.#object = new WeakRef(object);
    return object;
  }

  get metadata(): ObjectMeta {
    const known = this.#object?.deref();
    if (known !== undefined) return known.metadata;
    const start = this.storage.header.length - 1;
    return JSON.parse(this.text.slice(start, containerEnd(this.text, start))) as ObjectMeta;
  }

  /** Who owns which fields. Made anew each time. */
  get records(): ManagedRecords {
    return PackedManagers.unpack(this.managers);
  }

  json(): string {
    return `${this.#head()}${this.#managedFields()}${this.#rest()}`;
  }

  itemJson(): string {
    return `{"metadata":{"resourceVersion":"${this.revision}",${this.#managedFields()}${this.#rest()}`;
  }

  /** The same content under another revision: what a deletion shows. */
  at(revision: number): StoredEntry {
    return new StoredEntry(this.storage, this.key, { text: this.text, managers: this.managers }, revision);
  }

  #head(): string {
    return `${this.storage.header}"resourceVersion":"${this.revision}",`;
  }

  #managedFields(): string {
    return this.managers === undefined ? "" : `"managedFields":${this.managers.json()},`;
  }

  #rest(): string {
    return this.text.slice(this.storage.header.length);
  }
}

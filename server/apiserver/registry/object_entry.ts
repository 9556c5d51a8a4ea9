import { deepFreeze } from "../../../api/meta/freeze.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { Entry } from "../contract.ts";

/** An entry of an object that is not stored as it is: the answer of a dry run, a Scale, a review, another version of an object. */
export class ObjectEntry implements Entry {
  readonly revision: number;
  readonly object: KubeObject;

  /** Freezes the object. */
  constructor(object: KubeObject, revision = 0) {
    this.object = deepFreeze(object);
    this.revision = revision;
  }

  get namespace(): string {
    return this.object.metadata.namespace ?? "";
  }

  get name(): string {
    return this.object.metadata.name ?? "";
  }

  json(): string {
    return JSON.stringify(this.object);
  }

  itemJson(): string {
    const { kind: _kind, apiVersion: _apiVersion, ...item } = this.object;
    return JSON.stringify(item);
  }
}

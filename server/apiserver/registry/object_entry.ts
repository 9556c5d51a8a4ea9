import { deepFreeze } from "../../../api/meta/freeze.ts";
import { type ManagedRecords, noRecords } from "../../../api/patch/apply/managers.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { Entry } from "../contract.ts";
import { completeObject } from "../managed_fields.ts";

/** An entry of an object that is not stored as it is: the answer of a dry run, a Scale, a review, another version of an object. */
export class ObjectEntry implements Entry {
  readonly revision: number;
  readonly object: KubeObject;
  readonly records: ManagedRecords;

  /** Freezes the object, which has no managedFields: `records` are those. */
  constructor(object: KubeObject, revision = 0, records: ManagedRecords = noRecords) {
    this.object = deepFreeze(object);
    this.revision = revision;
    this.records = records;
  }

  get namespace(): string {
    return this.object.metadata.namespace ?? "";
  }

  get name(): string {
    return this.object.metadata.name ?? "";
  }

  json(): string {
    return JSON.stringify(completeObject(this));
  }

  itemJson(): string {
    const { kind: _kind, apiVersion: _apiVersion, ...item } = completeObject(this);
    return JSON.stringify(item);
  }
}

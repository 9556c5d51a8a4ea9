import { union } from "./field_set.ts";
import { fieldSetOf, formatFieldsV1 } from "./fields_v1.ts";
import type { ManagedRecord } from "./managers.ts";

/** Upstream's: more entries of updates than these are not kept apart. */
const maxUpdateManagers = 10;
/** Who the oldest ones become together. */
const bucketManager = "ancient-changes";

/** Puts the oldest updates of a version into one entry until there are few enough of them. */
export function capUpdateManagers(records: readonly ManagedRecord[]): readonly ManagedRecord[] {
  const updates = records.filter(({ operation }) => operation === "Update");
  if (updates.length <= maxUpdateManagers) return records;
  const oldestFirst = updates.toSorted((a, b) =>
    (a.time ?? "") < (b.time ?? "") ? -1 : (a.time ?? "") > (b.time ?? "") ? 1 : a.manager < b.manager ? -1 : 1
  );
  let kept = [...records];
  const first = new Map<string, ManagedRecord>();
  for (const record of oldestFirst) {
    if (kept.length - (records.length - updates.length) <= maxUpdateManagers) break;
    const bucket = kept.find((other) => isBucketOf(other, record.apiVersion));
    const older = bucket ?? first.get(record.apiVersion);
    // The oldest of its version alone has nothing to be put together with.
    if (older === undefined) first.set(record.apiVersion, record);
    else if (older !== record) {
      kept = [...kept.filter((other) => other !== older && other !== record), bucketOf(older, record)];
    }
  }
  return kept;
}

function isBucketOf({ manager, operation, apiVersion, subresource }: ManagedRecord, version: string): boolean {
  return manager === bucketManager && operation === "Update" && subresource === "" && apiVersion === version;
}

function bucketOf(older: ManagedRecord, newer: ManagedRecord): ManagedRecord {
  return {
    manager: bucketManager,
    operation: "Update",
    apiVersion: newer.apiVersion,
    subresource: "",
    time: newer.time,
    fields: formatFieldsV1(union(fieldSetOf(older.fields), fieldSetOf(newer.fields))),
  };
}

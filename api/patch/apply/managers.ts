import type { ManagedFieldsEntry } from "../../types/meta_v1.ts";
import { formatFieldsV1, parseFieldsV1 } from "./fields_v1.ts";

/** Who set fields, and how. */
export interface ManagerIdentity {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  /** Of the fields' paths. */
  readonly apiVersion: string;
  /** `""` for the object itself. */
  readonly subresource: string;
}

/** One entry of `metadata.managedFields`. Its fields stay text until someone needs them. */
export interface ManagedRecord extends ManagerIdentity {
  /** Of the last change, RFC 3339. */
  readonly time: string | undefined;
  /** FieldsV1 as JSON text. */
  readonly fields: string;
}

/** In the order of {@linkcode sortRecords}. None: the object's fields are not tracked. */
export type ManagedRecords = readonly ManagedRecord[];

export const noRecords: ManagedRecords = [];

/** Whether two entries are one manager's. An applier stays the same when it applies another version. */
export function isSameManager(a: ManagerIdentity, b: ManagerIdentity): boolean {
  return a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource &&
    (a.operation === "Apply" || a.apiVersion === b.apiVersion);
}

/** Appliers first, then by time. */
export function sortRecords(records: readonly ManagedRecord[]): ManagedRecords {
  return records.length < 2 ? records : [...records].sort(compareRecords);
}

function compareRecords(a: ManagedRecord, b: ManagedRecord): number {
  return compareText(a.operation, b.operation) || compareText(a.time ?? "", b.time ?? "") ||
    compareText(a.manager, b.manager) || compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether only times differ, if anything. */
export function areSameButForTimes(a: ManagedRecords, b: ManagedRecords): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  // Other times may mean another order.
  return a.every((record) => b.some((other) => isSameManager(record, other) && isSameContent(record, other)));
}

function isSameContent(a: ManagedRecord, b: ManagedRecord): boolean {
  return a.apiVersion === b.apiVersion && a.fields === b.fields;
}

/** What the JSON text of an entry begins and ends with, around its time and its fields. */
export function frameOf({ manager, operation, apiVersion, subresource }: ManagerIdentity): readonly [string, string] {
  const name = manager === "" ? "" : `"manager":${JSON.stringify(manager)},`;
  return [
    `{${name}"operation":"${operation}","apiVersion":${JSON.stringify(apiVersion)},`,
    subresource === "" ? "}" : `,"subresource":${JSON.stringify(subresource)}}`,
  ];
}

export function framed([head, tail]: readonly [string, string], time: string | undefined, fields: string): string {
  const at = time === undefined ? "" : `"time":"${time}",`;
  return `${head}${at}"fieldsType":"FieldsV1","fieldsV1":${fields}${tail}`;
}

/** The entries as JSON text. */
export function recordsJson(records: ManagedRecords): string {
  return `[${records.map((record) => framed(frameOf(record), record.time, record.fields)).join(",")}]`;
}

/** Throws a SyntaxError for entries that upstream would not read: then an object's are kept as they were. */
export function parseRecords(entries: readonly ManagedFieldsEntry[]): ManagedRecords {
  const records: ManagedRecord[] = [];
  for (const [index, entry] of entries.entries()) {
    const record = parseRecord(entry, index);
    // Of two entries of one manager the later counts.
    const known = records.findIndex((other) => isSameManager(other, record));
    if (known < 0) records.push(record);
    else records[known] = record;
  }
  return sortRecords(records);
}

function parseRecord(entry: ManagedFieldsEntry, index: number): ManagedRecord {
  const { manager = "", operation = "", apiVersion = "", subresource = "", time, fieldsType = "", fieldsV1 = {} } =
    entry;
  if (operation !== "Apply" && operation !== "Update") throw new SyntaxError("operation must be `Apply` or `Update`");
  if (apiVersion === "") throw new SyntaxError("apiVersion must not be empty");
  if (fieldsType === "") throw new SyntaxError(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== "FieldsV1") {
    throw new SyntaxError(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`);
  }
  const fields = formatFieldsV1(parseFieldsV1(fieldsV1));
  return { manager, operation, apiVersion, subresource, time, fields };
}

/** Whether a client asks to forget all managers: by an empty list, or one empty entry. */
export function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  return entries.length === 0 || (entries.length === 1 && Object.keys(entries[0]!).length === 0);
}

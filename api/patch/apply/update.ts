import { capUpdateManagers } from "./cap_managers.ts";
import { changedBy, compare, type Comparison, isSame } from "./compare.ts";
import { type Conflict, conflictsOf } from "./conflict.ts";
import { difference, emptySet, type FieldSet, intersection, setOf, union } from "./field_set.ts";
import { fieldSetOf, formatFieldsV1, mayMention } from "./fields_v1.ts";
import {
  isSameManager,
  type ManagedRecord,
  type ManagedRecords,
  type ManagerIdentity,
  sortRecords,
} from "./managers.ts";
import { InVersions, type KindVersion, type Versions } from "./versions.ts";

/** Which of the paths a request can change at all: on a subresource, the others are not its manager's even if it names them. */
export type Scope = (paths: FieldSet) => FieldSet;

/** What a request's manager works on. */
export interface Operation {
  /** In whose paths it speaks. */
  readonly version: KindVersion;
  readonly versions: Versions;
  readonly manager: string;
  readonly subresource: string;
  readonly scope: Scope;
  /** RFC 3339, in seconds. */
  readonly now: string;
}

/** Fields that are nobody's: every object has them, and none but the server sets them. */
const ownerless = setOf(
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields"].map((
    name,
  ) => ["f:metadata", `f:${name}`]),
  ["f:metadata", "f:resourceVersion"],
);

export function withoutOwnerless(fields: FieldSet): FieldSet {
  return difference(fields, ownerless);
}

/**
 * Who owns what after a create, update or patch: its manager gets what it set, the others lose that, and all lose what is gone. `before`
 * is undefined for a create. An object that is not tracked stays so until someone applies it.
 */
export function recordsAfterUpdate(
  operation: Operation,
  records: ManagedRecords,
  before: unknown,
  after: unknown,
): ManagedRecords {
  if (records.length === 0 && before !== undefined) return records;
  const { version, scope } = operation;
  const compared = compare(version.type, before ?? {}, after);
  const changes: Comparison = {
    removed: scope(compared.removed),
    modified: scope(compared.modified),
    added: scope(compared.added),
  };
  if (isSame(changes)) return records;
  const inVersions = changesInVersions(operation, changes, before ?? {}, after);
  const left = withoutLost(records, inVersions);
  const set = withoutOwnerless(changedBy(changes));
  if (set.size === 0) return left;
  const own = { ...identityOf(operation, "Update"), time: operation.now };
  const previous = left.find((record) => isSameManager(record, own));
  const record = { ...own, fields: previous === undefined ? formatFieldsV1(set) : withFields(previous, set) };
  return sortRecords(capUpdateManagers([...left.filter((other) => other !== previous), record]));
}

function withFields({ fields }: ManagedRecord, set: FieldSet): string {
  const before = fieldSetOf(fields);
  const all = union(before, set);
  return all === before ? fields : formatFieldsV1(all);
}

export function identityOf(
  { manager, version, subresource }: Operation,
  operation: ManagerIdentity["operation"],
): ManagerIdentity {
  return { manager, operation, apiVersion: version.apiVersion, subresource };
}

export function changesInVersions(
  { version, versions, scope }: Operation,
  changes: Comparison,
  before: unknown,
  after: unknown,
): InVersions<Comparison> {
  return new InVersions(versions, version, changes, (other) => {
    const compared = compare(
      other.type,
      versions.convert(before, version, other),
      versions.convert(after, version, other),
    );
    return { removed: scope(compared.removed), modified: scope(compared.modified), added: scope(compared.added) };
  });
}

/** The records without what someone else has set and what is gone. A record that owns nothing more goes. */
export function withoutLost(
  records: readonly ManagedRecord[],
  changes: InVersions<Comparison>,
): readonly ManagedRecord[] {
  return records.flatMap((record) => {
    const compared = changes.at(record.apiVersion);
    if (compared === undefined) return [];
    const lost = union(changedBy(compared), compared.removed);
    if (!mayMention(record.fields, lost.keys())) return [record];
    const fields = fieldSetOf(record.fields);
    const left = difference(fields, lost);
    if (left === fields) return [record];
    return left.size === 0 ? [] : [{ ...record, fields: formatFieldsV1(left) }];
  });
}

/** What others own of what is to be changed. */
export function conflictsWith(records: readonly ManagedRecord[], changes: InVersions<Comparison>): Conflict[] {
  return records.flatMap((record) => {
    const compared = changes.at(record.apiVersion);
    const changed = compared === undefined ? emptySet : changedBy(compared);
    if (!mayMention(record.fields, changed.keys())) return [];
    return conflictsOf(record, intersection(fieldSetOf(record.fields), changed));
  });
}

import { difference, type FieldSet, intersection, union } from "./field_set.ts";
import { fieldSetOf } from "./fields_v1.ts";
import { fieldSetOfValue, withNamedFields } from "./field_set_of.ts";
import type { ManagedRecord } from "./managers.ts";
import { removePaths } from "./remove.ts";
import type { Operation } from "./update.ts";
import type { KindVersion, Versions } from "./versions.ts";

type Object = Readonly<Record<string, unknown>>;

/**
 * Takes from a merged object what its manager applied last time and does not any more, unless someone else owns it. `set` is what it
 * applies now.
 */
export function prune(
  { version, versions }: Operation,
  merged: Object,
  last: ManagedRecord | undefined,
  set: FieldSet,
  others: readonly ManagedRecord[],
): Object {
  if (last === undefined) return merged;
  const before = fieldSetOf(last.fields);
  if (last.apiVersion === version.apiVersion && difference(before, set).size === 0) return merged;
  const lastVersion = last.apiVersion === version.apiVersion ? version : versions.find(last.apiVersion);
  if (lastVersion === undefined) return merged;
  const whole = versions.convert(merged, version, lastVersion);
  const { type } = lastVersion;
  const kept = keepOwned(
    versions,
    lastVersion,
    whole,
    removePaths(type, whole, withNamedFields(type, before)) ?? {},
    ownedByVersion({ version, versions }, set, others),
  );
  // What nobody owns, such as defaults, stays too: only what was applied goes.
  const gone = difference(named(lastVersion, whole), named(lastVersion, kept));
  const pruned = removePaths(type, whole, intersection(gone, withNamedFields(type, before)));
  return versions.convert(pruned ?? {}, lastVersion, version) as Object;
}

function named({ type }: KindVersion, value: unknown): FieldSet {
  return withNamedFields(type, fieldSetOfValue(type, value));
}

/** What anybody owns, in paths of each version. */
function ownedByVersion(
  { version, versions }: Pick<Operation, "version" | "versions">,
  set: FieldSet,
  others: readonly ManagedRecord[],
): ReadonlyMap<KindVersion, FieldSet> {
  const owned = new Map<KindVersion, FieldSet>([[version, set]]);
  for (const { apiVersion, fields } of others) {
    const found = apiVersion === version.apiVersion ? version : versions.find(apiVersion);
    if (found === undefined) continue;
    owned.set(found, union(owned.get(found) ?? new Map(), fieldSetOf(fields)));
  }
  return owned;
}

/** Puts back into `pruned`, an object of `at`, what `whole` has of what is owned. */
function keepOwned(
  versions: Versions,
  at: KindVersion,
  whole: unknown,
  pruned: unknown,
  owned: ReadonlyMap<KindVersion, FieldSet>,
): unknown {
  let kept = pruned;
  for (const [version, set] of owned) {
    const [all, left] = [versions.convert(whole, at, version), versions.convert(kept, at, version)];
    const keep = union(named(version, left), withNamedFields(version.type, set));
    const result = removePaths(version.type, all, difference(named(version, all), keep)) ?? {};
    kept = versions.convert(result, version, at);
  }
  return kept;
}

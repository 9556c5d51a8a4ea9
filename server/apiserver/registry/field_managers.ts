import { formatTime } from "../../../api/meta/time.ts";
import { ElementError } from "../../../api/patch/apply/list_elements.ts";
import { isReset, type ManagedRecords, noRecords, parseRecords } from "../../../api/patch/apply/managers.ts";
import { type Operation, recordsAfterUpdate, type Scope } from "../../../api/patch/apply/update.ts";
import type { KindVersion, Versions } from "../../../api/patch/apply/versions.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { ManagedFieldsEntry } from "../../../api/types/meta_v1.ts";
import type { WriteOptions } from "../contract.ts";
import { conversions } from "../kinds/conversions.ts";
import { cloneJson } from "./clone.ts";
import type { Facet } from "./facet.ts";
import type { Shelf } from "./system.ts";

const everything: Scope = (paths) => paths;

/** Whose fields a request through a facet sets, and in whose paths. */
export function operationOf(shelf: Shelf, facet: Facet, { fieldManager }: WriteOptions): Operation {
  const { system } = shelf;
  const { apiVersion, message } = tracked(shelf, facet);
  return {
    version: { apiVersion, type: system.types.ofMessage(message) },
    versions: versionsOf(shelf),
    manager: fieldManager,
    subresource: facet.subresource,
    scope: facet.owns ?? everything,
    now: formatTime(system.clock.now()),
  };
}

/** The fields of a Scale are those of the object that is scaled. */
function tracked(shelf: Shelf, facet: Facet) {
  return facet.configures === undefined
    ? { apiVersion: facet.kind.apiVersion, message: facet.message }
    : { apiVersion: shelf.storage.apiVersion, message: shelf.message };
}

/** The object in which a facet's fields are tracked. */
export function trackedView(facet: Facet, object: KubeObject): KubeObject {
  return facet.configures === undefined ? facet.view(object) : object;
}

/** Who owns what of a new object. `sent`: the managedFields that came with it. */
export function recordsOfNew(
  shelf: Shelf,
  facet: Facet,
  options: WriteOptions,
  object: KubeObject,
  sent: readonly ManagedFieldsEntry[] = [],
): ManagedRecords {
  const operation = operationOf(shelf, facet, options);
  const base = submittedRecords(operation, sent, noRecords);
  return orElse(base, () => recordsAfterUpdate(operation, base, undefined, trackedView(facet, object)));
}

/** Who owns what after an update or a patch of any other kind than apply. `sent`: the managedFields in the submitted object. */
export function recordsOfChanged(
  shelf: Shelf,
  facet: Facet,
  options: WriteOptions,
  { records, sent, old, object }: {
    readonly records: ManagedRecords;
    readonly sent: readonly ManagedFieldsEntry[] | undefined;
    readonly old: KubeObject;
    readonly object: KubeObject;
  },
): ManagedRecords {
  if (facet.untracked) return records;
  const operation = operationOf(shelf, facet, options);
  const base = facet.subresource === "" && sent !== undefined ? submittedRecords(operation, sent, records) : records;
  if (base.length === 0) return base;
  const [before, after] = [trackedView(facet, old), trackedView(facet, object)];
  return orElse(records, () => recordsAfterUpdate(operation, base, before, after));
}

/** An object with elements that cannot be told apart is still an object: its managers stay as they were. */
function orElse(records: ManagedRecords, make: () => ManagedRecords): ManagedRecords {
  try {
    return make();
  } catch (error) {
    if (error instanceof ElementError) return records;
    throw error;
  }
}

/** A client may change managedFields directly. What it does not understand it cannot have meant to delete. */
function submittedRecords(
  { version, versions }: Operation,
  sent: readonly ManagedFieldsEntry[],
  live: ManagedRecords,
): ManagedRecords {
  if (isReset(sent)) return noRecords;
  const isKnown = (apiVersion: string) => apiVersion === version.apiVersion || versions.find(apiVersion) !== undefined;
  try {
    // Who owns nothing, or something in a version that there is not, is forgotten.
    return parseRecords(sent).filter(({ apiVersion, fields }) => fields !== "{}" && isKnown(apiVersion));
  } catch (error) {
    if (error instanceof SyntaxError) return live;
    throw error;
  }
}

const oneVersion: Versions = { find: () => undefined, convert: (object) => object };

function versionsOf({ system, row, storage, message }: Shelf): Versions {
  const stored = `${row.group}/${row.resource}`;
  const others = Object.values(conversions).filter((converted) => converted.stored === stored);
  if (others.length === 0) return oneVersion;
  const conversionTo = (apiVersion: string) =>
    others.find(({ conversion }) => conversion.apiVersion === apiVersion)?.conversion;
  return {
    find(apiVersion): KindVersion | undefined {
      if (apiVersion === storage.apiVersion) return { apiVersion, type: system.types.ofMessage(message) };
      const found = conversionTo(apiVersion) && system.schema.ofKind(apiVersion, row.kind);
      return found && { apiVersion, type: system.types.ofMessage(found) };
    },
    convert(object, from, to) {
      if (from.apiVersion === to.apiVersion) return object;
      const own = cloneJson(object) as KubeObject;
      const inStore = conversionTo(from.apiVersion)?.toStored(own) ?? own;
      return conversionTo(to.apiVersion)?.fromStored(inStore) ?? inStore;
    },
  };
}

import { deepEqual } from "../../meta/deep_equal.ts";
import { badRequest } from "../../status.ts";
import { isObject, type JsonObject, requireShallow } from "../_json.ts";
import { compare, type Comparison } from "./compare.ts";
import { applyConflict, type Conflict, conflictsOutside } from "./conflict.ts";
import { typedConfiguration } from "./configuration.ts";
import { formatFieldsV1 } from "./fields_v1.ts";
import { fieldSetOfValue } from "./field_set_of.ts";
import { fieldsOfLastApplied, withLastApplied } from "./last_applied.ts";
import { isSameManager, type ManagedRecords, sortRecords } from "./managers.ts";
import { kindText } from "./kind_text.ts";
import { ElementError } from "./list_elements.ts";
import { mergeConfiguration } from "./merge.ts";
import { prune } from "./prune.ts";
import {
  changesInVersions,
  conflictsWith,
  identityOf,
  type Operation,
  recordsAfterUpdate,
  withoutLost,
  withoutOwnerless,
} from "./update.ts";

/** What an apply comes to. */
export interface Applied {
  /** The live object itself when the configuration changes nothing of it. Fields that are null are to go. */
  readonly object: JsonObject;
  readonly records: ManagedRecords;
}

/** kubectl's own manager for server-side apply, which takes over from its client-side apply. */
const kubectl = "kubectl";
/** Who owns the fields of an object that was not tracked before someone applied it. */
const beforeFirstApply = "before-first-apply";

/**
 * Server-side apply: merges a configuration into a live object (`{}` for one to be created), takes away what the manager applied before
 * and does not any more unless someone else owns it, and tells who owns what then.
 *
 * Throws a `StatusError`: 400 for a configuration that is not of the type, 409 for fields that others own and that would be changed,
 * unless `force` is set.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function applyConfiguration(
  operation: Operation,
  records: ManagedRecords,
  live: JsonObject,
  config: unknown,
  force: boolean,
): Applied {
  const typed = requireConfiguration(operation, config);
  const tracked = records.length > 0 ? records : recordsAfterUpdate(
    { ...operation, manager: beforeFirstApply },
    records,
    undefined,
    live,
  );
  const applied = applyTo(operation, tracked, live, typed, force);
  return operation.manager === kubectl
    ? { ...applied, object: withLastApplied(applied.object, config as JsonObject) }
    : applied;
}

/** The configuration in canonical form. */
function requireConfiguration({ version }: Operation, config: unknown): JsonObject {
  if (!isObject(config)) throw badRequest("an applied configuration must be an object");
  requireShallow(config, "the applied configuration");
  const { metadata } = config;
  if (isObject(metadata) && metadata["managedFields"] !== undefined && metadata["managedFields"] !== null) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const { value, errors } = typedConfiguration(version.type, config);
  if (errors.length === 0) return value as JsonObject;
  const { name = "", namespace = "" } = (isObject(metadata) ? metadata : {}) as { name?: string; namespace?: string };
  const subject = `(${namespace}/${name}; ${kindText(config)})`;
  const found = errors.length === 1 ? errors[0] : `errors:\n${errors.map((error) => `  ${error}`).join("\n")}`;
  throw badRequest(`failed to create typed patch object ${subject}: ${found}`);
}

/** A live object whose elements cannot be told apart can be updated, not applied to. */
function applyTo(...all: Parameters<typeof applyTyped>): Applied {
  try {
    return applyTyped(...all);
  } catch (error) {
    if (error instanceof ElementError) throw badRequest(`failed to create typed live object: ${error.message}`);
    throw error;
  }
}

function applyTyped(
  operation: Operation,
  records: ManagedRecords,
  live: JsonObject,
  config: JsonObject,
  force: boolean,
): Applied {
  const { version, scope, now } = operation;
  const identity = identityOf(operation, "Apply");
  const last = records.find((record) => isSameManager(record, identity));
  const others = records.filter((record) => record !== last);
  const mentioned = scope(fieldSetOfValue(version.type, config));
  const set = withoutOwnerless(mentioned);
  const merged = mergeConfiguration(version.type, live, config) as JsonObject;
  const object = prune(operation, merged, last, mentioned, others);
  const changes = scoped(operation, compare(version.type, live, object));
  const inVersions = changesInVersions(operation, changes, live, object);
  if (!force) requireNoConflicts(operation, conflictsWith(others, inVersions), live);
  const left = withoutLost(others, inVersions);
  const unchanged = deepEqual(live, object);
  const time = unchanged ? last?.time : now;
  return {
    object: unchanged ? live : object,
    // Whoever applies nothing owns nothing.
    records: sortRecords(set.size === 0 ? left : [...left, { ...identity, time, fields: formatFieldsV1(set) }]),
  };
}

function scoped({ scope }: Operation, { removed, modified, added }: Comparison): Comparison {
  return { removed: scope(removed), modified: scope(modified), added: scope(added) };
}

/** What kubectl applied on its client's side is its own to change on the server's. */
function requireNoConflicts({ manager, version }: Operation, conflicts: readonly Conflict[], live: JsonObject): void {
  if (conflicts.length === 0) return;
  const own = manager === kubectl ? fieldsOfLastApplied(version, live) : undefined;
  const left = own === undefined ? conflicts : conflictsOutside(conflicts, own);
  if (left.length > 0) throw applyConflict(left);
}

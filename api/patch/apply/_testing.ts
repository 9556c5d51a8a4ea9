import { checkValue } from "../../codec/check.ts";
import type { MessageSchema } from "../../schema/contract.ts";
import { schema } from "../../schema/schema.ts";
import type { JsonObject } from "../_json.ts";
import { type Applied, applyConfiguration } from "./apply.ts";
import type { FieldSet } from "./field_set.ts";
import { type ManagedRecords, noRecords } from "./managers.ts";
import { Types } from "./type_node.ts";
import { type Operation, recordsAfterUpdate } from "./update.ts";
import type { KindVersion } from "./versions.ts";

export const types = new Types(schema);

export function versionOf(apiVersion: string, kind: string): KindVersion {
  return { apiVersion, type: types.ofMessage(schema.ofKind(apiVersion, kind)!) };
}

/** One object and its managers, as a server holds them, without defaults and validation. */
export class Held {
  object: JsonObject = {};
  records: ManagedRecords = noRecords;
  readonly #version: KindVersion;
  readonly #message: MessageSchema;
  #now = 0;

  constructor(apiVersion: string, kind: string) {
    this.#version = versionOf(apiVersion, kind);
    this.#message = schema.ofKind(apiVersion, kind)!;
  }

  /** Of the type alone: apiVersion and kind are left out as a test's bodies leave them out. */
  apply(manager: string, config: JsonObject, force = false): Applied {
    const applied = applyConfiguration(this.#operation(manager), this.records, this.object, config, force);
    this.object = checkValue(applied.object, this.#message, schema).value as JsonObject;
    this.records = applied.records;
    return applied;
  }

  update(manager: string, change: (object: JsonObject) => JsonObject): void {
    const before = Object.keys(this.object).length === 0 ? undefined : this.object;
    const after = change(this.object);
    this.records = recordsAfterUpdate(this.#operation(manager), this.records, before, after);
    this.object = after;
  }

  /** What a manager's entry says: parsed FieldsV1. */
  fieldsOf(manager: string): unknown {
    const record = this.records.find((record) => record.manager === manager);
    return record && JSON.parse(record.fields);
  }

  #operation(manager: string): Operation {
    return {
      version: this.#version,
      versions: { find: () => undefined, convert: (object) => object },
      manager,
      subresource: "",
      scope: (paths) => paths,
      now: new Date(this.#now++ * 1000).toISOString().replace(".000Z", "Z"),
    };
  }
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [element, node] of a) {
    const other = b.get(element);
    if (other === undefined || other.member !== node.member || !equalSets(node.children, other.children)) return false;
  }
  return true;
}

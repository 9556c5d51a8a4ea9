import { type ManagedRecord, parseRecords } from "../../../api/patch/apply/managers.ts";
import { apiVersionOf, type KubeObject } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import type { ManagedFieldsEntry } from "../../../api/types/meta_v1.ts";
import { containerEnd } from "./json_end.ts";
import { PackedManagers } from "./packed_managers.ts";

export const registryPrefix = "/registry/";

/** Built-in resources whose keys do not follow their name: etcd's layout, so that a store can move between the two. */
const unusualFolders: Readonly<Record<string, string>> = {
  "/replicationcontrollers": "controllers",
  "/endpoints": "services/endpoints",
  "/services": "services/specs",
  "/nodes": "minions",
  "networking.k8s.io/ingresses": "ingress",
};

/** How the objects of one resource lie in the datastore. */
export interface Storage {
  readonly group: string;
  readonly resource: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** `/registry/pods/`; `namespace/name` or `name` follows. */
  readonly prefix: string;
  /** How every stored text of the resource begins: up to and with the brace that opens `metadata`. */
  readonly header: string;
}

export function storageOf(
  row: Pick<ResourceRow, "group" | "version" | "resource" | "kind" | "namespaced">,
): Storage {
  const apiVersion = apiVersionOf(row);
  const folder = unusualFolders[`${row.group}/${row.resource}`] ?? row.resource;
  return {
    group: row.group,
    resource: row.resource,
    apiVersion,
    kind: row.kind,
    namespaced: row.namespaced,
    prefix: `${registryPrefix}${folder}/`,
    header: `{"kind":${JSON.stringify(row.kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":{`,
  };
}

export function keyIn(storage: Storage, namespace: string, name: string): string {
  return namespace === "" ? storage.prefix + name : `${storage.prefix}${namespace}/${name}`;
}

/** What is stored of one object: its text without managedFields, and those. */
export interface Content {
  /** Header first; no resourceVersion, which the datastore knows. */
  readonly text: string;
  /** Undefined for an object that is not tracked. */
  readonly managers: PackedManagers | undefined;
}

/** The text of an object without its managedFields. */
export function encode(storage: Storage, object: KubeObject): string {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _resourceVersion, managedFields: _managedFields, ...storedMetadata } = metadata;
  return JSON.stringify({ kind: storage.kind, apiVersion: storage.apiVersion, metadata: storedMetadata, ...rest });
}

const managedFields = '"managedFields":';

/** As the datastore holds it: the object as JSON, its managedFields before all other metadata. */
export function storedText({ header }: Storage, { text, managers }: Content): string {
  return managers === undefined ? text : `${header}${managedFields}${managers.json()},${text.slice(header.length)}`;
}

/** The parts of a text from the datastore, whoever wrote it. Throws a SyntaxError for one that is no JSON. */
export function contentOf(storage: Storage, stored: string): Content {
  const { header } = storage;
  if (stored.startsWith(header)) {
    if (!stored.includes(managedFields)) return { text: stored, managers: undefined };
    if (stored.startsWith(managedFields, header.length)) {
      const start = header.length + managedFields.length;
      const end = containerEnd(stored, start);
      const managers = ownManagers(stored.slice(start, end));
      // Joined anew: a slice would keep the whole text alive.
      if (stored[end] === ",") return { text: [header, stored.slice(end + 1)].join(""), managers };
    }
  }
  const object = JSON.parse(stored) as KubeObject;
  return { text: encode(storage, object), managers: managersOf(object.metadata.managedFields ?? []) };
}

const fieldsV1 = '"fieldsV1":';

/** The managers in a text of ours: their fields are in the form that is kept, and need not be parsed. */
function ownManagers(text: string): PackedManagers | undefined {
  const fields: string[] = [];
  let rest = "";
  let from = 0;
  for (;;) {
    const at = text.indexOf(fieldsV1, from);
    if (at < 0) break;
    const start = at + fieldsV1.length;
    const end = containerEnd(text, start);
    rest += `${text.slice(from, start)}${fields.length}`;
    fields.push(text.slice(start, end));
    from = end;
  }
  const entries = JSON.parse(rest + text.slice(from)) as (Omit<ManagedRecord, "fields"> & { fieldsV1?: number })[];
  const records: ManagedRecord[] = [];
  for (const { fieldsV1 = -1, manager = "", subresource = "", operation, apiVersion, time } of entries) {
    const own = fields[fieldsV1];
    // Someone else has been here.
    if (own === undefined || !operation || !apiVersion) return managersOf(JSON.parse(text));
    records.push({ manager, operation, apiVersion, subresource, time, fields: own });
  }
  return PackedManagers.of(records);
}

/** Entries that cannot be read are as good as none. */
function managersOf(entries: readonly ManagedFieldsEntry[]): PackedManagers | undefined {
  try {
    return PackedManagers.of(parseRecords(entries));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

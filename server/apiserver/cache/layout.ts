import { apiVersionOf, type KubeObject } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";

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

/** The stored text of an object: header first, no resourceVersion (the datastore knows it). */
export function encode(storage: Storage, object: KubeObject): string {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _resourceVersion, ...storedMetadata } = metadata;
  return JSON.stringify({ kind: storage.kind, apiVersion: storage.apiVersion, metadata: storedMetadata, ...rest });
}

/** A stored text in today's layout: itself, or written anew when someone else wrote it. */
export function canonicalText(storage: Storage, text: string): string {
  return text.startsWith(storage.header) ? text : encode(storage, JSON.parse(text) as KubeObject);
}

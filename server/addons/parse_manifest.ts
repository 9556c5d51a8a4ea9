import { decodeYAML } from "../../api/codec/yaml.ts";
import { decodeValue } from "../../api/codec/decode.ts";
import { DecodeError, type Position } from "../../api/codec/problem.ts";
import type { KubeObject, Resource } from "../../api/resource.ts";
import type { ResourceRow } from "../../api/schema/contract.ts";
import { schema } from "../../api/schema/schema.ts";

/** A manifest that cannot be applied as it is written; the message begins with `path:line:column:`. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

/** An object to be applied, and the resource that it belongs to. */
export interface ManifestObject {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** Namespaces and what others refer to come first; kinds that are not named here come last, in the file's order. */
const ORDER = [
  "Namespace",
  "PriorityClass",
  "ServiceAccount",
  "Secret",
  "ConfigMap",
  "StorageClass",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "ClusterRole",
  "ClusterRoleBinding",
  "Role",
  "RoleBinding",
  "Service",
];

/**
 * The objects of a file, in the order in which they are applied. Namespaced objects that name no namespace go to `default`. Throws a
 * ManifestError, with unknown fields counting as errors: nothing of a file with a fault in it is applied.
 */
export function parseManifest(path: string, text: string, resources: readonly ResourceRow[]): ManifestObject[] {
  const found: ManifestObject[] = [];
  const add = (object: KubeObject, position: Position) => {
    const row = resources.find((r) =>
      r.kind === object.kind && apiVersion(r) === object.apiVersion && r.verbs.includes("create")
    );
    if (!row) {
      throw new ManifestError(`${at(path, position)} this server knows no ${object.kind} of ${object.apiVersion}`);
    }
    if (!object.metadata?.name) throw new ManifestError(`${at(path, position)} ${object.kind} has no metadata.name`);
    const { group, version, resource, kind, namespaced } = row;
    const { namespace, ...metadata } = object.metadata;
    found.push({
      resource: { group, version, resource, kind, namespaced },
      object: { ...object, metadata: namespaced ? { ...metadata, namespace: namespace ?? "default" } : metadata },
    });
  };
  for (const document of decode(path, text)) {
    const [problem] = document.problems;
    if (problem) throw new ManifestError(`${at(path, problem.position ?? document.position)} ${problem.message}`);
    const content = document.object as unknown as KubeObject & { items?: KubeObject[] };
    if (content.kind === "List" && Array.isArray(content.items)) {
      for (const item of content.items) add(checkItem(path, item, document.position), document.position);
    } else add(content, document.position);
  }
  return found.toSorted((a, b) => rank(a) - rank(b));
}

/** Items of a List are raw to the codec: each is of a kind of its own. */
function checkItem(path: string, item: unknown, position: Position): KubeObject {
  try {
    const { object, unknown, wrong } = decodeValue(item, {}, schema);
    const [problem] = [...wrong, ...unknown];
    if (problem) throw new ManifestError(`${at(path, position)} in an item of the List: ${problem.message}`);
    return object as unknown as KubeObject;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new ManifestError(`${at(path, position)} in an item of the List: ${error.message}`, { cause: error });
  }
}

function decode(path: string, text: string) {
  try {
    return decodeYAML(text, {}, { limits: { maxLength: 8 * 1024 * 1024 } });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const position = error.position ?? error.problems[0]?.position;
    throw new ManifestError(`${at(path, position)} ${error.problems[0]?.message ?? error.message}`, { cause: error });
  }
}

function at(path: string, position: Position | undefined): string {
  return position ? `${path}:${position.line}:${position.column}:` : `${path}:`;
}

function apiVersion(row: ResourceRow): string {
  return row.group === "" ? row.version : `${row.group}/${row.version}`;
}

function rank({ object }: ManifestObject): number {
  const place = ORDER.indexOf(object.kind ?? "");
  return place < 0 ? ORDER.length : place;
}

import { fnv32a } from "../../api/meta/hash.ts";
import { apiVersionOf } from "../../api/resource.ts";
import type { ResourceRow } from "../../api/schema/contract.ts";
import type { ConfigMap } from "../../api/types/core_v1.ts";
import type { ManifestObject } from "./parse_manifest.ts";

/** Names one object that a manifest file made. */
export interface InventoryItem {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export const INVENTORY_NAMESPACE = "kube-system";
export const INVENTORY_LABEL = "skiff.dev/manifest-inventory";

/**
 * What a file has made is kept in a ConfigMap beside it, so that it can be pruned when the file changes or goes, be it while Skiff is
 * down: `kubectl get configmaps -n kube-system -l skiff.dev/manifest-inventory=true`.
 */
export function inventoryName(file: string): string {
  const readable = file.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60).replace(/^-+|-+$/g, "");
  return `manifest-${readable}-${fnv32a(file).toString(16).padStart(8, "0")}`;
}

export function inventoryConfigMap(file: string, items: readonly InventoryItem[]): ConfigMap {
  const metadata = { namespace: INVENTORY_NAMESPACE, name: inventoryName(file), labels: { [INVENTORY_LABEL]: "true" } };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { file, objects: JSON.stringify(items) } };
}

/** The items of an inventory; none when somebody has spoiled it, since nothing may then be pruned by it. */
export function itemsOf(configMap: ConfigMap): InventoryItem[] {
  try {
    const items: unknown = JSON.parse(configMap.data?.objects ?? "[]");
    return Array.isArray(items)
      ? items.filter((item) => typeof item?.kind === "string" && typeof item?.name === "string")
      : [];
  } catch {
    return [];
  }
}

export function itemOf({ resource, object }: ManifestObject): InventoryItem {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name!,
  };
}

const keyOfItem = (item: InventoryItem) => `${item.apiVersion}/${item.kind}/${item.namespace}/${item.name}`;

/** What is in `before` and not in `after`, last applied first: the order in which it is deleted. */
export function vanished(before: readonly InventoryItem[], after: readonly InventoryItem[]): InventoryItem[] {
  const kept = new Set(after.map(keyOfItem));
  return before.filter((item) => !kept.has(keyOfItem(item))).toReversed();
}

/** Both lists without doubles. */
export function union(a: readonly InventoryItem[], b: readonly InventoryItem[]): InventoryItem[] {
  return [...new Map([...a, ...b].map((item) => [keyOfItem(item), item])).values()];
}

export function rowOf(item: InventoryItem, resources: readonly ResourceRow[]): ResourceRow | undefined {
  return resources.find((row) => row.kind === item.kind && apiVersionOf(row) === item.apiVersion);
}

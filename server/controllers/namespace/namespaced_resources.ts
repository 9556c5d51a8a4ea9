import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";

/** What lives in namespaces and can be deleted there. One version of each; Events are served by two groups and are the same. */
export function namespacedResources(rows: readonly ResourceRow[]): Resource<KubeObject>[] {
  const found = new Map<string, Resource<KubeObject>>();
  for (const { group, version, resource, kind, namespaced, verbs } of rows) {
    const id = `${group === "events.k8s.io" ? "" : group}/${resource}`;
    const isDeletable = ["list", "delete"].every((verb) => verbs.includes(verb));
    if (namespaced && isDeletable && !found.has(id)) found.set(id, { group, version, resource, kind, namespaced });
  }
  return [...found.values()];
}

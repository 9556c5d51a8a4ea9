import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";

/** Events of both groups are the same objects, nothing depends on them, and they are many. */
const isEvent = ({ resource }: ResourceRow) => resource === "events";

function can(row: ResourceRow, ...verbs: string[]): boolean {
  return verbs.every((verb) => row.verbs.includes(verb));
}

/** What can be listed, watched and deleted: the kinds between which owner references hold. One version of each. */
export function collectable(rows: readonly ResourceRow[]): Resource<KubeObject>[] {
  const found = new Map<string, Resource<KubeObject>>();
  for (const row of rows) {
    const id = `${row.group}/${row.resource}`;
    if (!isEvent(row) && !found.has(id) && can(row, "list", "watch", "delete")) found.set(id, resourceOf(row));
  }
  return [...found.values()];
}

/** What lives in namespaces and has to go with them. One version of each. */
export function namespaced(rows: readonly ResourceRow[]): Resource<KubeObject>[] {
  const found = new Map<string, Resource<KubeObject>>();
  for (const row of rows) {
    const id = `${row.group === "events.k8s.io" ? "" : row.group}/${row.resource}`;
    if (row.namespaced && !found.has(id) && can(row, "list", "delete")) found.set(id, resourceOf(row));
  }
  return [...found.values()];
}

function resourceOf({ group, version, resource, kind, namespaced }: ResourceRow): Resource<KubeObject> {
  return { group, version, resource, kind, namespaced };
}

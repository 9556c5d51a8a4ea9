import type { Resource } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";

const needed = ["list", "watch", "delete", "patch", "get"];

/** Events live for an hour and own nothing: upstream's collector leaves them out too. */
const ignored: ReadonlySet<string> = new Set(["events"]);

/** The resources whose objects may own and be owned; a resource that is served in several versions counts once. */
export class Kinds {
  readonly all: readonly Resource[];
  readonly #byKind = new Map<string, Resource>();

  constructor(rows: readonly ResourceRow[]) {
    for (const row of rows) {
      const id = `${row.group}/${row.kind}`;
      const collectable = needed.every((verb) => row.verbs.includes(verb)) && !ignored.has(row.resource);
      if (collectable && !this.#byKind.has(id)) this.#byKind.set(id, resourceOf(row));
    }
    this.all = [...this.#byKind.values()];
  }

  /** The resource that an owner reference speaks of, whatever its version; undefined for a kind that is not served. */
  find(apiVersion: string, kind: string): Resource | undefined {
    const slash = apiVersion.indexOf("/");
    return this.#byKind.get(`${slash < 0 ? "" : apiVersion.slice(0, slash)}/${kind}`);
  }
}

function resourceOf({ group, version, resource, kind, namespaced }: ResourceRow): Resource {
  return { group, version, resource, kind, namespaced };
}

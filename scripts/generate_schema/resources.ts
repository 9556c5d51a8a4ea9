import type { GoPackage } from "./go_source.ts";
import { compare, pathOf } from "./model.ts";
import * as facts from "./facts.ts";

export interface Subresource {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

export interface ResourceFacts {
  readonly group: string;
  readonly version: string;
  readonly folder: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
}

/** The resources of every served group-version: what has a generated client, and what the facts add. */
export function resourcesOf(packages: readonly GoPackage[]): ResourceFacts[] {
  const rows = facts.groupVersions.flatMap((groupVersion) => {
    const source = packages.find((p) => p.path === pathOf(groupVersion.folder));
    if (!source) throw new Error(`${groupVersion.folder} was not read`);
    const rows: ResourceFacts[] = [];
    for (const { name: kind, markers } of source.types.values()) {
      const key = `${groupVersion.folder}.${kind}`;
      if (!markers.has("genclient") && !facts.withoutClient.has(key) || facts.notResources.has(key)) continue;
      const onlyVerbs = markers.get("genclient:onlyVerbs")?.[0]?.split(",");
      rows.push({
        ...groupVersion,
        resource: pluralOf(kind),
        singular: kind.toLowerCase(),
        kind,
        namespaced: !markers.has("genclient:nonNamespaced"),
        shortNames: facts.shortNames[key] ?? [],
        categories: facts.categories[key] ?? [],
        verbs: facts.verbs[key] ?? onlyVerbs ?? facts.standardVerbs,
        subresources: subresourcesOf(key, groupVersion, kind),
      });
    }
    return rows.sort((a, b) => compare(a.resource, b.resource));
  });
  checkKeys(new Set(rows.map((r) => `${r.folder}.${r.kind}`)));
  return rows;
}

function subresourcesOf(key: string, parent: facts.GroupVersion, kind: string): Subresource[] {
  return Object.entries(facts.subresources[key] ?? {}).map(([name, fact]) => {
    const [folder, ownKind] = fact.kind?.split(".") ?? [parent.folder, kind];
    const { group, version } = facts.groupVersions.find((g) => g.folder === folder)!;
    return { name, group, version, kind: ownKind!, verbs: fact.verbs };
  });
}

function pluralOf(kind: string): string {
  const singular = kind.toLowerCase();
  const irregular = facts.irregularPlurals[kind];
  if (irregular) return irregular;
  if (/(s|x|ch|sh)$/.test(singular)) return `${singular}es`;
  return singular.endsWith("y") ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}

/** A fact about a resource that does not exist is a slip of the pen, or of a new release. */
function checkKeys(known: ReadonlySet<string>): void {
  for (const table of [facts.shortNames, facts.categories, facts.verbs, facts.subresources, facts.constantNames]) {
    const stray = Object.keys(table).find((key) => !known.has(key));
    if (stray) throw new Error(`facts.ts names ${stray}, which no served group-version has`);
  }
}

import type { ResourceRow } from "../../../../api/schema/contract.ts";

/**
 * The documents of OpenAPI 3 by their names, each with the rows that it is about: `api` and `apis` of what there is, `apis/apps` of a group, `api/v1` and
 * `apis/apps/v1` of the resources of a version.
 */
export function placesOf(rows: readonly ResourceRow[]): ReadonlyMap<string, readonly ResourceRow[]> {
  const places = new Map<string, ResourceRow[]>();
  for (const row of rows) {
    const own = row.group === ""
      ? ["api", `api/${row.version}`]
      : ["apis", `apis/${row.group}`, `apis/${row.group}/${row.version}`];
    for (const place of own) {
      const known = places.get(place);
      if (known === undefined) places.set(place, [row]);
      else known.push(row);
    }
  }
  return places;
}

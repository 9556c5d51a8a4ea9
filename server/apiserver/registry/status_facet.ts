import { recursiveDifference, setOf } from "../../../api/patch/apply/field_set.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { type Facet, wholeObject, within } from "./facet.ts";
import { keepField } from "./main_facet.ts";
import { validateMetadata } from "./metadata.ts";
import type { Shelf } from "./system.ts";

/** Metadata that comes with a status: annotations always, as controllers note things there; labels where the reporter owns the object. */
const labelledByReporter: ReadonlySet<string> = new Set(["pods", "nodes"]);

const labels = ["f:metadata", "f:labels"];

/** The status alone. */
export function statusFacet(shelf: Shelf): Facet {
  const { row, strategy } = shelf;
  const labelled = row.group === "" && labelledByReporter.has(row.resource);
  const written = within(setOf(["f:status"], ["f:metadata", "f:annotations"], ...(labelled ? [labels] : [])));
  const others = setOf(...strategy.resets?.status ?? []);
  return {
    ...wholeObject(shelf),
    subresource: "status",
    owns: others.size === 0 ? written : (paths) => recursiveDifference(written(paths), others),
    merge(submitted, old) {
      const metadata = { ...old.metadata };
      take(metadata, submitted.metadata, "annotations");
      if (labelled) take(metadata, submitted.metadata, "labels");
      const object: KubeObject = { ...old, metadata };
      keepField(object, submitted, "status");
      strategy.defaultStatus?.(object);
      return object;
    },
    prepare: (object, old) => strategy.prepareForStatusUpdate?.(object, old, shelf.system.clock.now()),
    validate: (object, old) => [
      ...validateMetadata(row, strategy, object.metadata),
      ...(strategy.validateStatusUpdate?.(object, old) ?? []),
    ],
    warnings: (object, old) => strategy.statusWarnings?.(object, old) ?? [],
  };
}

function take<K extends "annotations" | "labels">(
  to: KubeObject["metadata"],
  from: KubeObject["metadata"],
  field: K,
): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

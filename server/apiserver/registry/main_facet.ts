import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import { recursiveDifference, setOf } from "../../../api/patch/apply/field_set.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { type Facet, wholeObject } from "./facet.ts";
import { validateMetadataUpdate } from "./metadata_validation.ts";
import { validateContent } from "./schema_validation.ts";
import type { Shelf } from "./system.ts";

type Fields = Record<string, unknown>;

const status = ["f:status"];

/** The object itself: everything but what the server and the status subresource decide. */
export function mainFacet(shelf: Shelf): Facet {
  const { row, storage, strategy } = shelf;
  const hasStatus = row.subresources.some(({ name }) => name === "status");
  const others = setOf(...hasStatus ? [status] : [], ...strategy.resets?.object ?? []);
  return {
    ...wholeObject(shelf),
    subresource: "",
    ...(others.size > 0 ? { owns: (paths) => recursiveDifference(paths, others) } : {}),
    merge(object, old) {
      object.kind = storage.kind;
      object.apiVersion = storage.apiVersion;
      if (hasStatus) keepField(object, old, "status");
      strategy.defaults?.(object);
      strategy.defaultTimes?.(object, shelf.system.clock.now());
      return object;
    },
    settle: (object, old) => strategy.settle?.(object, old) ?? [],
    prepare(object, old) {
      strategy.prepareForUpdate?.(object, old);
      bumpGeneration(shelf, object, old);
    },
    validate: (object, old) => [
      ...validateMetadataUpdate(row, strategy, object, old),
      ...validateContent(shelf, object, old),
      ...(strategy.validateUpdate?.(object, old) ?? []),
    ],
    complete: (object, old) => strategy.complete?.(object, old),
    warnings: (object, old) => strategy.warnings?.(object, old) ?? [],
  };
}

/** Clients that never saw the object are told to read it first, where the kind wants that. */
export function revisionRequired(): FieldError {
  return FieldError.invalid(root("metadata", "resourceVersion"), 0, "must be specified for an update");
}

export function keepField(object: KubeObject, old: KubeObject, field: string): void {
  const [to, from] = [object as unknown as Fields, old as unknown as Fields];
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

function fieldOf(object: KubeObject, field: string): unknown {
  return field === "annotations" ? object.metadata.annotations : (object as unknown as Fields)[field];
}

export function bumpGeneration({ strategy }: Pick<Shelf, "strategy">, object: KubeObject, old: KubeObject): void {
  const fields = strategy.generationFields;
  if (fields === undefined) return;
  if (fields.some((field) => !deepEqual(fieldOf(object, field), fieldOf(old, field)))) {
    object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
}

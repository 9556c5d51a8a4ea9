import { FieldError, root } from "../../../api/meta/field.ts";
import { compileLabelSelector, selectorFromLabels } from "../../../api/meta/label_selector.ts";
import { setOf } from "../../../api/patch/apply/field_set.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { Scale } from "../../../api/types/autoscaling_v1.ts";
import type { LabelSelector } from "../../../api/types/meta_v1.ts";
import { conflict } from "../../../api/status.ts";
import { type Facet, within } from "./facet.ts";
import { bumpGeneration } from "./main_facet.ts";
import { ObjectEntry } from "./object_entry.ts";
import { uidMismatch } from "./preconditions.ts";
import type { Shelf } from "./system.ts";

interface Scalable extends KubeObject {
  spec: { replicas?: number; selector?: LabelSelector | Record<string, string> };
  status?: { replicas?: number };
}

const apiVersion = "autoscaling/v1";
const kind = "Scale";

/** How many replicas there are to be, whatever the object is. */
export function scaleFacet(shelf: Shelf): Facet {
  const view = (object: KubeObject) => scaleOf(object as Scalable);
  return {
    subresource: "scale",
    kind: { group: "autoscaling", kind, apiVersion },
    message: shelf.system.schema.ofKind(apiVersion, kind)!,
    owns: within(setOf(["f:spec", "f:replicas"])),
    view,
    configures: (config) => ({
      apiVersion: shelf.storage.apiVersion,
      kind: shelf.storage.kind,
      metadata: config.metadata,
      spec: (config as Scale).spec,
    } as KubeObject),
    merge(submitted, whole) {
      const old = whole as Scalable;
      requireSameUid(shelf, submitted, old);
      return {
        ...old,
        metadata: { ...old.metadata },
        spec: { ...old.spec, replicas: (submitted as Scale).spec?.replicas ?? 0 },
      } as KubeObject;
    },
    prepare: (object, old) => bumpGeneration(shelf, object, old),
    validate(object) {
      const { replicas = 0 } = (object as Scalable).spec;
      if (replicas >= 0) return [];
      return [FieldError.invalid(root("spec", "replicas"), replicas, "must be greater than or equal to 0")];
    },
    answer: (entry) => new ObjectEntry(view(entry.object), entry.revision),
  };
}

/** 409 for a Scale of another object, which a patch can make. */
function requireSameUid({ row }: Shelf, { metadata: { uid } }: KubeObject, { metadata }: KubeObject): void {
  if (!uid || uid === metadata.uid) return;
  const resource = { group: row.group, resource: `${row.resource}/scale` };
  throw conflict(resource, metadata.name ?? "", uidMismatch(uid, metadata.uid ?? ""));
}

function scaleOf({ metadata, spec, status }: Scalable): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind,
    apiVersion,
    metadata: definedOnly({ name, namespace, uid, resourceVersion, creationTimestamp }),
    spec: spec.replicas === 0 ? {} : { replicas: spec.replicas ?? 1 },
    status: { replicas: status?.replicas ?? 0, selector: selectorText(spec.selector) },
  };
}

function definedOnly<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

/** ReplicationControllers select by plain labels, the others by a LabelSelector. */
function selectorText(selector: Scalable["spec"]["selector"]): string {
  if (selector === undefined) return "";
  const { matchLabels, matchExpressions } = selector as LabelSelector;
  const isLabelSelector = typeof matchLabels === "object" || Array.isArray(matchExpressions);
  return (isLabelSelector
    ? compileLabelSelector(selector as LabelSelector)
    : selectorFromLabels(selector as Record<string, string>)).toString();
}

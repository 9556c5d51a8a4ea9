import { type FieldSet, recursiveDifference, setOf, union } from "../../../api/patch/apply/field_set.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { type Facet, wholeObject } from "./facet.ts";
import { keepField } from "./main_facet.ts";
import { copyField, keepSystemMetadata } from "./metadata.ts";
import { validateMetadataUpdate } from "./metadata_validation.ts";
import type { Shelf } from "./system.ts";

/** The metadata that clients write, of which a status takes most along: controllers note things there. */
const written = ["labels", "annotations", "finalizers", "ownerReferences"] as const;

type Written = readonly (typeof written)[number][];

/** What of it stays as it was where a kind says so; of some kinds all metadata do. */
const kept: Readonly<Record<string, Written | "all">> = {
  "/pods": ["ownerReferences"],
  "apps/deployments": ["labels"],
  "admissionregistration.k8s.io/validatingadmissionpolicies": written,
  "flowcontrol.apiserver.k8s.io/flowschemas": "all",
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": "all",
  "networking.k8s.io/servicecidrs": written,
  "resource.k8s.io/resourceclaims": written,
  "storage.k8s.io/volumeattachments": written,
};

/** The status, and what comes with it. */
export function statusFacet(shelf: Shelf): Facet {
  const { row, strategy } = shelf;
  const keeps = kept[`${row.group}/${row.resource}`] ?? [];
  const others = union(ownedByOthers(keeps), setOf(...strategy.resets?.status ?? []));
  return {
    ...wholeObject(shelf),
    subresource: "status",
    owns: (paths) => recursiveDifference(paths, others),
    merge(submitted, old) {
      const object: KubeObject = { ...old, metadata: metadataOf(submitted, old, keeps) };
      keepField(object, submitted, "status");
      strategy.defaultStatus?.(object);
      return object;
    },
    prepare: (object, old) => strategy.prepareForStatusUpdate?.(object, old, shelf.system.clock.now()),
    validate: (object, old) => [
      ...validateMetadataUpdate(row, strategy, object, old, "status"),
      ...(strategy.validateStatusUpdate?.(object, old) ?? []),
    ],
    warnings: (object, old) => strategy.statusWarnings?.(object, old) ?? [],
  };
}

function metadataOf(submitted: KubeObject, old: KubeObject, keeps: Written | "all"): KubeObject["metadata"] {
  if (keeps === "all") return { ...old.metadata };
  const metadata = { ...submitted.metadata };
  keepSystemMetadata(metadata, old.metadata);
  for (const field of keeps) copyField(metadata, old.metadata, field);
  return metadata;
}

function ownedByOthers(keeps: Written | "all"): FieldSet {
  const metadata = keeps === written || keeps === "all"
    ? [["f:metadata"]]
    : keeps.map((field) => ["f:metadata", `f:${field}`]);
  return setOf(["f:spec"], ...metadata);
}

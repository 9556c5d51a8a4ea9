import { setCondition } from "../../../api/meta/conditions.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { Namespace, NamespaceCondition } from "../../../api/types/core_v1.ts";

/** What still keeps a namespace from being deleted. */
export interface Remaining {
  /** Objects of each resource that has some. */
  readonly counts: ReadonlyMap<Resource<KubeObject>, number>;
  /** How many of them wait for each finalizer. */
  readonly finalizers: ReadonlyMap<string, number>;
  /** What went wrong with the deletion. */
  readonly failures: readonly string[];
}

/** The namespace with the conditions that tell users what is left, as upstream words them. */
export function withConditions(
  namespace: Namespace,
  { counts, finalizers, failures }: Remaining,
  now: number,
): Namespace {
  const told: [string, boolean, string, string][] = [
    ["NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered"],
    [
      "NamespaceDeletionGroupVersionParsingFailure",
      false,
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ],
    failures.length > 0
      ? [
        "NamespaceDeletionContentFailure",
        true,
        "ContentDeletionFailed",
        `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(", ")}`,
      ]
      : [
        "NamespaceDeletionContentFailure",
        false,
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
      ],
    counts.size > 0
      ? ["NamespaceContentRemaining", true, "SomeResourcesRemain", `Some resources are remaining: ${describe(counts)}`]
      : ["NamespaceContentRemaining", false, "ContentRemoved", "All content successfully removed"],
    finalizers.size > 0
      ? [
        "NamespaceFinalizersRemaining",
        true,
        "SomeFinalizersRemain",
        `Some content in the namespace has finalizers remaining: ${describeFinalizers(finalizers)}`,
      ]
      : ["NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers", "All content-preserving finalizers finished"],
  ];
  let conditions: NamespaceCondition[] = namespace.status?.conditions ?? [];
  for (const [type, isTrue, reason, message] of told) {
    conditions = setCondition(conditions, { type, status: isTrue ? "True" : "False", reason, message }, now);
  }
  return conditions === namespace.status?.conditions
    ? namespace
    : { ...namespace, status: { ...namespace.status, conditions } };
}

function describe(counts: Remaining["counts"]): string {
  return [...counts].map(([{ group, resource }, count]) =>
    `${group === "" ? `${resource}.` : `${resource}.${group}`} has ${count} resource instances`
  )
    .sort().join(", ");
}

function describeFinalizers(finalizers: Remaining["finalizers"]): string {
  return [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort().join(", ");
}

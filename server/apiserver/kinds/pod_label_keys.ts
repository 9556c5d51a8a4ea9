import type { Pod, PodAffinityTerm } from "../../../api/types/core_v1.ts";
import type { LabelSelector } from "../../../api/types/meta_v1.ts";
import { own } from "./checks.ts";

type Labels = Readonly<Record<string, string>>;

/**
 * Adds the values of a new Pod's own labels to the selectors that name the labels alone (`matchLabelKeys`), so that whoever schedules it need not know of
 * them: KEP-3633 for affinities, KEP-3243 for spreading.
 */
export function mergeLabelKeys({ metadata: { labels = {} }, spec }: Pod): void {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  for (const affinity of [podAffinity, podAntiAffinity]) {
    for (const { podAffinityTerm } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (podAffinityTerm) mergeTerm(podAffinityTerm, labels);
    }
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) mergeTerm(term, labels);
  }
  for (const { labelSelector, matchLabelKeys } of spec.topologySpreadConstraints ?? []) {
    add(labelSelector, matchLabelKeys, "In", labels);
  }
}

function mergeTerm({ labelSelector, matchLabelKeys, mismatchLabelKeys }: PodAffinityTerm, labels: Labels): void {
  add(labelSelector, matchLabelKeys, "In", labels);
  add(labelSelector, mismatchLabelKeys, "NotIn", labels);
}

/** Without a selector nothing matches, whatever else is asked for. */
function add(
  selector: LabelSelector | undefined,
  keys: readonly string[] = [],
  operator: "In" | "NotIn",
  labels: Labels,
): void {
  if (!selector) return;
  for (const key of keys) {
    const value = own(labels, key);
    if (value !== undefined) (selector.matchExpressions ??= []).push({ key, operator, values: [value] });
  }
}

import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError } from "../../../api/meta/field.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type {
  Affinity,
  Container,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  PodSpec,
  Toleration,
} from "../../../api/types/core_v1.ts";
import { validatePodAnnotationUpdate } from "./pod_annotations.ts";
import { specPath, validateToleration } from "./scheduling_validation.ts";

const maxDeadlineSeconds = 2 ** 31 - 1;

/**
 * Of a running Pod a client may change images, a deadline, tolerations (more of them) and a negative grace period; of one that is held back by gates
 * it may narrow the choice of nodes, too.
 */
export function validatePodUpdate(pod: Pod, old: Readonly<Pod>): FieldError[] {
  const errors = validatePodAnnotationUpdate(pod, old);
  const [spec, before] = [pod.spec, old.spec];
  for (const list of ["containers", "initContainers"] as const) {
    if ((spec[list]?.length ?? 0) !== (before[list]?.length ?? 0)) {
      errors.push(FieldError.forbidden(specPath.child(list), "pod updates may not add or remove containers"));
      return errors;
    }
    for (const [index, { image }] of (spec[list] ?? []).entries()) {
      if (!image) errors.push(FieldError.required(specPath.child(list).index(index).child("image")));
    }
  }
  if (!validateDeadline(spec, before, errors)) return errors;
  validateTolerations(spec.tolerations ?? [], before.tolerations ?? [], errors);
  validateGates(spec, before, errors);
  if (before.schedulingGates?.length) {
    validateNodeSelector(spec.nodeSelector ?? {}, before.nodeSelector ?? {}, errors);
    validateNodeAffinity(spec.affinity, before.affinity, errors);
  }
  if (!deepEqual(unchangeable(spec, before), before)) errors.push(FieldError.forbidden(specPath, immutable));
  return errors;
}

const immutable =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/** The new spec with everything that may change as it was. */
function unchangeable(spec: PodSpec, before: PodSpec): PodSpec {
  const isGated = before.schedulingGates?.length;
  const masked: Record<string, unknown> = {
    ...spec,
    containers: withImagesOf(spec.containers, before.containers),
    initContainers: spec.initContainers && withImagesOf(spec.initContainers, before.initContainers ?? []),
    activeDeadlineSeconds: before.activeDeadlineSeconds,
    tolerations: before.tolerations,
    schedulingGates: before.schedulingGates,
    ...(isGated
      ? { nodeSelector: before.nodeSelector, affinity: withNodeAffinityOf(spec.affinity, before.affinity) }
      : {}),
  };
  if ((before.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    masked.terminationGracePeriodSeconds = before.terminationGracePeriodSeconds;
  }
  return masked as unknown as PodSpec;
}

function withImagesOf(containers: readonly Container[], before: readonly Container[]): Container[] {
  return containers.map((container, index) => {
    const image = before[index]?.image;
    return image === undefined ? container : { ...container, image };
  });
}

/** An affinity that says nothing but what was masked is none, where there was none. */
function withNodeAffinityOf(now: Affinity | undefined, before: Affinity | undefined): Affinity | undefined {
  const { nodeAffinity: _, ...rest } = now ?? {};
  const masked = before?.nodeAffinity ? { ...rest, nodeAffinity: before.nodeAffinity } : rest;
  return Object.keys(masked).length > 0 ? masked : before;
}

/** False ends the validation there, as upstream's. */
function validateDeadline(spec: PodSpec, before: PodSpec, errors: FieldError[]): boolean {
  const [now, then] = [spec.activeDeadlineSeconds, before.activeDeadlineSeconds];
  const path = specPath.child("activeDeadlineSeconds");
  if (now === undefined) {
    if (then !== undefined) {
      errors.push(FieldError.invalid(path, null, "must not update from a positive integer to nil value"));
    }
    return true;
  }
  const detail = now < 0 || now > maxDeadlineSeconds
    ? `must be between 0 and ${maxDeadlineSeconds}, inclusive`
    : then !== undefined && then < now
    ? "must be less than or equal to previous value"
    : undefined;
  if (detail) errors.push(FieldError.invalid(path, now, detail));
  return detail === undefined;
}

function validateTolerations(now: readonly Toleration[], before: readonly Toleration[], errors: FieldError[]): void {
  // How long a taint is tolerated may change.
  const rest = ({ tolerationSeconds: _seconds, ...toleration }: Toleration) => toleration;
  for (const toleration of before) {
    if (now.some((other) => deepEqual(rest(other), rest(toleration)))) continue;
    const detail = "existing toleration can not be modified except its tolerationSeconds";
    errors.push(FieldError.forbidden(specPath.child("tolerations"), detail));
    return;
  }
  // Upstream looks at them once more here, and tells of each fault again.
  for (const [index, toleration] of now.entries()) {
    validateToleration(toleration, specPath.child("tolerations").index(index), errors);
  }
}

/** Gates only ever go. */
function validateGates({ schedulingGates = [] }: PodSpec, before: PodSpec, errors: FieldError[]): void {
  for (const [index, { name }] of schedulingGates.entries()) {
    if (before.schedulingGates?.some((gate) => gate.name === name)) continue;
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    errors.push(FieldError.forbidden(specPath.child("schedulingGates").index(index).child("name"), detail));
  }
}

function validateNodeSelector(
  now: Record<string, string>,
  before: Record<string, string>,
  errors: FieldError[],
): void {
  if (Object.entries(before).every(([key, value]) => Object.hasOwn(now, key) && now[key] === value)) return;
  const detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
  errors.push(FieldError.invalid(specPath.child("nodeSelector"), now, detail));
}

function validateNodeAffinity(now: Affinity | undefined, before: Affinity | undefined, errors: FieldError[]): void {
  const termsOf = (affinity: Affinity | undefined) =>
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const [terms, old] = [termsOf(now), termsOf(before)];
  if (old.length === 0) return;
  const path = specPath.child(
    "affinity",
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
  );
  if (old.length !== terms.length) {
    const detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
    errors.push(FieldError.invalid(path, terms.map(shownTerm), detail));
    return;
  }
  for (const [index, term] of old.entries()) {
    if (narrows(terms[index]!, term)) continue;
    const detail = "only additions are allowed (no mutations or deletions)";
    errors.push(FieldError.invalid(path.index(index), shownTerm(terms[index]!), detail));
  }
}

function shownTerm(term: NodeSelectorTerm): unknown {
  return goValue("io.k8s.api.core.v1.NodeSelectorTerm", term);
}

/** Whether the term is the old one with requirements added behind it. A term without any selects nothing, and so has to stay. */
function narrows(now: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const begins = (list: readonly NodeSelectorRequirement[] = [], start: readonly NodeSelectorRequirement[] = []) =>
    deepEqual(list.slice(0, start.length), start);
  const isEmpty = !old.matchExpressions?.length && !old.matchFields?.length;
  if (isEmpty) return !now.matchExpressions?.length && !now.matchFields?.length;
  return begins(now.matchExpressions, old.matchExpressions) && begins(now.matchFields, old.matchFields);
}

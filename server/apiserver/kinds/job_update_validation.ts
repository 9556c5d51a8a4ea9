/** What an update of a Job may change. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { isConditionTrue } from "../../../api/meta/conditions.ts";
import { FieldError } from "../../../api/meta/field.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { Job, JobSpec } from "../../../api/types/batch_v1.ts";
import type { Affinity, Container, PodSpec, PodTemplateSpec } from "../../../api/types/core_v1.ts";
import { specPath } from "./scheduling_validation.ts";
import { selectorIsImmutable } from "./workload_checks.ts";

const immutable = ["completionMode", "backoffLimitPerIndex", "managedBy"] as const;

/** Immutable as well, with what messages show of them. */
const policies = {
  podFailurePolicy: (policy: unknown) => goValue("io.k8s.api.batch.v1.PodFailurePolicy", policy),
  successPolicy: (policy: unknown) => goValue("io.k8s.api.batch.v1.SuccessPolicy", policy),
} as const;

export function validateJobSpecUpdate({ spec }: Job, old: Readonly<Job>): FieldError[] {
  const errors = [...validateCompletions(spec, old.spec), ...selectorIsImmutable(spec, old.spec)];
  errors.push(...validateTemplate(spec.template, old));
  for (const field of immutable) {
    if (deepEqual(spec[field], old.spec[field])) continue;
    errors.push(FieldError.immutable(specPath.child(field), spec[field] ?? null));
  }
  for (const [field, printed] of Object.entries(policies)) {
    const [now, before] = [spec, old.spec].map((one) => one[field as keyof typeof policies]);
    if (!deepEqual(now, before)) errors.push(FieldError.immutable(specPath.child(field), printed(now)));
  }
  return errors;
}

/** Of an Indexed Job they grow and shrink with its Pods. */
function validateCompletions({ completionMode, completions, parallelism }: JobSpec, before: JobSpec): FieldError[] {
  const path = specPath.child("completions");
  if (completions === before.completions) return [];
  if (completionMode !== "Indexed") return [FieldError.immutable(path, completions ?? null)];
  if (completions === undefined || completions === parallelism) return [];
  return [FieldError.invalid(path, completions, "can only be modified in tandem with spec.parallelism")];
}

/** A suspended Job whose Pods are all gone may be told where its next ones are to run, and with how much. */
function validateTemplate(template: PodTemplateSpec, { spec, status }: Readonly<Job>): FieldError[] {
  const path = specPath.child("template");
  const { suspend, template: before } = spec;
  if (!suspend || !isConditionTrue(status?.conditions, "Suspended") || status?.active) {
    return deepEqual(template, before) ? [] : [FieldError.immutable(path, template)];
  }
  return deepEqual(template.spec, moved(template.spec, before.spec))
    ? []
    : [FieldError.immutable(path.child("spec"), template.spec)];
}

/** The old Pod with the new directives for the scheduler and the new resources. */
function moved(now: PodSpec = { containers: [] }, before: PodSpec = { containers: [] }): PodSpec {
  const { nodeSelector, tolerations, schedulingGates } = now;
  return {
    ...before,
    ...{ nodeSelector, tolerations, schedulingGates, affinity: movedAffinity(now.affinity, before.affinity) },
    containers: resized(now.containers, before.containers),
    initContainers: resized(now.initContainers, before.initContainers),
  } as PodSpec;
}

/** Of affinity, that to nodes may change: it comes and goes, and the rest stays. */
function movedAffinity(now: Affinity | undefined, before: Affinity = {}): Affinity | undefined {
  const { nodeAffinity: _, ...rest } = before;
  if (now === undefined) return Object.keys(rest).length === 0 ? undefined : rest;
  return now.nodeAffinity === undefined ? rest : { ...rest, nodeAffinity: now.nodeAffinity };
}

/** Containers that were taken away or turned round have no counterpart. */
function resized<T extends Container[] | undefined>(now: T, before: T): T {
  if (now?.length !== before?.length) return before;
  return before?.map((container, index) => {
    const { name, resources } = now![index]!;
    return name === container.name ? { ...container, resources } : container;
  }) as T;
}

import { hasFinalizer } from "../../../api/meta/finalizers.ts";
import { findCondition } from "../../../api/meta/conditions.ts";
import { parseTime } from "../../../api/meta/time.ts";
import type { Job } from "../../../api/types/batch_v1.ts";
import type { Pod, PodTemplateSpec } from "../../../api/types/core_v1.ts";

/** Keeps a Pod that ended until its Job has counted it. */
export const trackingFinalizer = "batch.kubernetes.io/job-tracking";
const indexKey = "batch.kubernetes.io/job-completion-index";
const failureCountKey = "batch.kubernetes.io/job-index-failure-count";
const indexVariable = "JOB_COMPLETION_INDEX";

export function isTracked(pod: Pod): boolean {
  return hasFinalizer(pod, trackingFinalizer);
}

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === "Indexed";
}

/** Undefined when it has none. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexKey] ?? "";
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}

/** How many Pods of its index failed before it. */
export function earlierFailures({ metadata }: Pod): number {
  return Number(metadata.annotations?.[failureCountKey] ?? 0) || 0;
}

/** Whether a Pod is over only when it says so; otherwise one that is being deleted counts as failed at once and is replaced. */
export function replacesFailedOnly({ spec }: Job): boolean {
  return spec.podReplacementPolicy === "Failed" || spec.podFailurePolicy !== undefined;
}

export function hasFailed(job: Job, pod: Pod): boolean {
  const { phase } = pod.status ?? {};
  if (phase === "Failed" || phase === "Succeeded") return phase === "Failed";
  return !replacesFailedOnly(job) && pod.metadata.deletionTimestamp !== undefined;
}

/** When a Pod ended, in milliseconds, as well as it can be told. */
export function endOf(pod: Pod): number {
  const { status, metadata } = pod;
  const ends = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    .map(({ state }) => state?.terminated?.finishedAt)
    .filter((time) => time !== undefined && time !== null);
  const times = ends.length > 0
    ? ends
    : [findCondition(status?.conditions, "Ready")?.lastTransitionTime ?? metadata.deletionTimestamp];
  const [first = metadata.creationTimestamp, ...others] = times.filter((time) => time !== undefined && time !== null);
  return first === undefined ? 0 : Math.max(...[first, ...others].map(parseTime));
}

/** The template of a Job's Pod, with what the counting needs and, for an indexed Job, with the index. */
export function templateFor(job: Job, index: number | undefined, failures: number | undefined): PodTemplateSpec {
  const { metadata, spec } = job.spec.template;
  const tracked = { ...metadata, finalizers: [...(metadata?.finalizers ?? []), trackingFinalizer] };
  if (index === undefined) return { metadata: tracked, spec };
  const text = String(index);
  const variable = {
    name: indexVariable,
    valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: `metadata.annotations['${indexKey}']` } },
  };
  const withIndex = <C extends { env?: { name: string }[] }>(container: C): C =>
    container.env?.some(({ name }) => name === indexVariable)
      ? container
      : { ...container, env: [...(container.env ?? []), variable] };
  return {
    metadata: {
      ...tracked,
      labels: { ...tracked.labels, [indexKey]: text },
      annotations: {
        ...tracked.annotations,
        [indexKey]: text,
        ...(failures === undefined ? {} : { [failureCountKey]: String(failures) }),
      },
    },
    spec: {
      ...spec,
      hostname: `${job.metadata.name}-${index}`.slice(0, 63),
      containers: spec.containers.map(withIndex),
      ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(withIndex) }),
    },
  };
}

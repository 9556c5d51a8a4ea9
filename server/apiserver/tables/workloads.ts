import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from "../../../api/types/apps_v1.ts";
import type { HorizontalPodAutoscaler as AutoscalerV1, Scale } from "../../../api/types/autoscaling_v1.ts";
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
} from "../../../api/types/autoscaling_v2.ts";
import type { CronJob, Job } from "../../../api/types/batch_v1.ts";
import type { ReplicationController } from "../../../api/types/core_v1.ts";
import type { PodDisruptionBudget } from "../../../api/types/policy_v1.ts";
import { autoscalerV1 } from "../kinds/autoscaler_v1.ts";
import {
  age,
  type Column,
  columns,
  type ColumnTable,
  containerColumns,
  humanDuration,
  labelText,
  name,
  orNone,
  selectorText,
  since,
} from "./column.ts";

export const scaleColumns = columns<Scale>(
  name,
  { name: "Desired", type: "integer", cell: (s) => s.spec?.replicas ?? 0 },
  { name: "Available", type: "integer", cell: (s) => s.status?.replicas ?? 0 },
  age,
);

export const workloadColumns: ColumnTable = {
  "apps/deployments": columns<Deployment>(
    name,
    { name: "Ready", cell: (d) => `${d.status?.readyReplicas ?? 0}/${d.spec.replicas ?? 1}` },
    { name: "Up-to-date", cell: (d) => d.status?.updatedReplicas ?? 0 },
    { name: "Available", cell: (d) => d.status?.availableReplicas ?? 0 },
    age,
    ...containerColumns<Deployment>((d) => d.spec.template),
    { name: "Selector", wide: true, cell: (d) => selectorText(d.spec.selector) },
  ),
  "apps/replicasets": columns<ReplicaSet>(
    name,
    { name: "Desired", type: "integer", cell: (r) => r.spec.replicas ?? 1 },
    { name: "Current", type: "integer", cell: (r) => r.status?.replicas ?? 0 },
    { name: "Ready", type: "integer", cell: (r) => r.status?.readyReplicas ?? 0 },
    age,
    ...containerColumns<ReplicaSet>((r) => r.spec.template),
    { name: "Selector", wide: true, cell: (r) => selectorText(r.spec.selector) },
  ),
  "/replicationcontrollers": columns<ReplicationController>(
    name,
    { name: "Desired", type: "integer", cell: (r) => r.spec.replicas ?? 1 },
    { name: "Current", type: "integer", cell: (r) => r.status?.replicas ?? 0 },
    { name: "Ready", type: "integer", cell: (r) => r.status?.readyReplicas ?? 0 },
    age,
    ...containerColumns<ReplicationController>((r) => r.spec.template),
    { name: "Selector", wide: true, cell: (r) => labelText(r.spec.selector) },
  ),
  "apps/statefulsets": columns<StatefulSet>(
    name,
    { name: "Ready", cell: (s) => `${s.status?.readyReplicas ?? 0}/${s.spec.replicas ?? 1}` },
    age,
    ...containerColumns<StatefulSet>((s) => s.spec.template),
  ),
  "apps/daemonsets": columns<DaemonSet>(
    name,
    { name: "Desired", type: "integer", cell: (d) => d.status?.desiredNumberScheduled ?? 0 },
    { name: "Current", type: "integer", cell: (d) => d.status?.currentNumberScheduled ?? 0 },
    { name: "Ready", type: "integer", cell: (d) => d.status?.numberReady ?? 0 },
    { name: "Up-to-date", type: "integer", cell: (d) => d.status?.updatedNumberScheduled ?? 0 },
    { name: "Available", type: "integer", cell: (d) => d.status?.numberAvailable ?? 0 },
    { name: "Node Selector", cell: (d) => labelText(d.spec.template.spec?.nodeSelector) },
    age,
    ...containerColumns<DaemonSet>((d) => d.spec.template),
    { name: "Selector", wide: true, cell: (d) => selectorText(d.spec.selector) },
  ),
  "apps/controllerrevisions": columns<ControllerRevision>(
    name,
    {
      name: "Controller",
      cell: (r) => {
        const owner = r.metadata.ownerReferences?.find((o) => o.controller);
        const group = owner?.apiVersion.includes("/") ? `.${owner.apiVersion.split("/")[0]}` : "";
        return owner ? `${owner.kind.toLowerCase()}${group}/${owner.name}` : "<none>";
      },
    },
    { name: "Revision", cell: (r) => r.revision },
    age,
  ),
  "batch/jobs": columns<Job>(
    name,
    { name: "Status", cell: jobStatus },
    { name: "Completions", cell: jobCompletions },
    { name: "Duration", cell: jobDuration },
    age,
    ...containerColumns<Job>((j) => j.spec.template),
    { name: "Selector", wide: true, cell: (j) => selectorText(j.spec.selector) },
  ),
  "batch/cronjobs": columns<CronJob>(
    name,
    { name: "Schedule", cell: (c) => c.spec.schedule },
    { name: "Timezone", cell: (c) => orNone(c.spec.timeZone) },
    { name: "Suspend", type: "boolean", cell: (c) => c.spec.suspend ? "True" : "False" },
    { name: "Active", type: "integer", cell: (c) => c.status?.active?.length ?? 0 },
    {
      name: "Last Schedule",
      cell: (c, now) => c.status?.lastScheduleTime ? since(c.status.lastScheduleTime, now) : "<none>",
    },
    age,
    ...containerColumns<CronJob>((c) => c.spec.jobTemplate.spec?.template),
    { name: "Selector", wide: true, cell: (c) => selectorText(c.spec.jobTemplate.spec?.selector) },
  ),
  "autoscaling/horizontalpodautoscalers": columns<HorizontalPodAutoscaler | AutoscalerV1>(
    name,
    { name: "Reference", cell: ({ spec: { scaleTargetRef } }) => `${scaleTargetRef.kind}/${scaleTargetRef.name}` },
    { name: "Targets", cell: autoscalerTargets },
    { name: "MinPods", cell: (h) => h.spec.minReplicas ?? "<unset>" },
    { name: "MaxPods", cell: (h) => h.spec.maxReplicas },
    { name: "Replicas", cell: (h) => h.status?.currentReplicas ?? 0 },
    age,
  ) as readonly Column[],
  "policy/poddisruptionbudgets": columns<PodDisruptionBudget>(
    name,
    { name: "Min Available", cell: (p) => p.spec.minAvailable === undefined ? "N/A" : String(p.spec.minAvailable) },
    {
      name: "Max Unavailable",
      cell: (p) => p.spec.maxUnavailable === undefined ? "N/A" : String(p.spec.maxUnavailable),
    },
    { name: "Allowed Disruptions", type: "integer", cell: (p) => p.status?.disruptionsAllowed ?? 0 },
    age,
  ),
};

function hasCondition(job: Job, type: string): boolean {
  return job.status?.conditions?.some((c) => c.type === type && c.status === "True") ?? false;
}

function jobStatus(job: Job): string {
  if (hasCondition(job, "Complete")) return "Complete";
  if (hasCondition(job, "Failed")) return "Failed";
  if (job.metadata.deletionTimestamp !== undefined) return "Terminating";
  if (hasCondition(job, "Suspended")) return "Suspended";
  if (hasCondition(job, "FailureTarget")) return "FailureTarget";
  return hasCondition(job, "SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

function jobCompletions(job: Job): string {
  const succeeded = job.status?.succeeded ?? 0;
  if (job.spec.completions !== undefined) return `${succeeded}/${job.spec.completions}`;
  const parallelism = job.spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: Job, now: number): string {
  const start = job.status?.startTime;
  if (start === undefined) return "";
  const failed = job.status?.conditions?.find((c) => c.type === "Failed" && c.status === "True");
  const end = job.status?.completionTime ?? failed?.lastTransitionTime;
  return humanDuration((end === undefined ? now : Date.parse(end)) - Date.parse(start));
}

function autoscalerTargets(autoscaler: HorizontalPodAutoscaler | AutoscalerV1): string {
  const isOld = autoscaler.apiVersion === autoscalerV1.apiVersion;
  const { spec, status } = (isOld ? autoscalerV1.toStored(autoscaler) : autoscaler) as HorizontalPodAutoscaler;
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const shown = metrics.slice(0, 2).map((metric, i) => metricText(metric, status?.currentMetrics?.[i]));
  return shown.join(", ") + (metrics.length > 2 ? ` + ${metrics.length - 2} more...` : "");
}

/** A metric's part of a spec and of a status have the same name, and what is compared lies in it. */
function metricText(metric: MetricSpec, status: MetricStatus | undefined): string {
  const source = {
    ...metric.resource,
    ...metric.containerResource,
    ...metric.pods,
    ...metric.object,
    ...metric.external,
  };
  const found = {
    ...status?.resource,
    ...status?.containerResource,
    ...status?.pods,
    ...status?.object,
    ...status?.external,
  };
  const label = metric.resource || metric.containerResource
    ? `${metric.resource?.name ?? metric.containerResource?.name}: `
    : "";
  const target: MetricTarget | undefined = source.target;
  const { current } = found;
  if (target?.averageUtilization !== undefined) {
    const now = current?.averageUtilization;
    return `${label}${now === undefined ? "<unknown>" : `${now}%`}/${target.averageUtilization}%`;
  }
  if (target?.averageValue !== undefined) {
    return `${label}${current?.averageValue ?? "<unknown>"}/${target.averageValue}${
      metric.object || metric.external ? " (avg)" : ""
    }`;
  }
  return `${label}${current?.value ?? "<unknown>"}/${target?.value ?? "<auto>"}`;
}

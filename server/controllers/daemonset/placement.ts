import type { Node, Pod, PodTemplateSpec, Toleration } from "../../../api/types/core_v1.ts";
import { matchesNode } from "../../scheduler/plugins/node_affinity.ts";
import { tolerates } from "../../scheduler/plugins/taint_toleration.ts";

/** What every daemon Pod bears: nodes in trouble need their daemons most. */
const daemonTolerations: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const hostNetworkToleration: Toleration = {
  key: "node.kubernetes.io/network-unavailable",
  operator: "Exists",
  effect: "NoSchedule",
};

export interface Placement {
  /** A Pod should be started there. */
  readonly shouldRun: boolean;
  /** A Pod that is there may stay. */
  readonly mayStay: boolean;
}

/** Whether a node gets a Pod of the template. */
export function placementOn(node: Node, template: PodTemplateSpec): Placement {
  const pod = { metadata: {}, spec: template.spec };
  const isNamed = !template.spec.nodeName || template.spec.nodeName === node.metadata.name;
  if (!isNamed || !matchesNode(pod, node)) return { shouldRun: false, mayStay: false };
  const all = tolerationsOf(template);
  const untolerated = (node.spec.taints ?? []).filter((taint) => !all.some((one) => tolerates(one, taint)));
  return {
    shouldRun: !untolerated.some(({ effect }) => effect === "NoSchedule" || effect === "NoExecute"),
    mayStay: !untolerated.some(({ effect }) => effect === "NoExecute"),
  };
}

function tolerationsOf({ spec }: PodTemplateSpec): Toleration[] {
  const given = spec.tolerations ?? [];
  const added = spec.hostNetwork ? [...daemonTolerations, hostNetworkToleration] : daemonTolerations;
  const isGiven = (toleration: Toleration) =>
    given.some(({ key, effect, operator }) =>
      key === toleration.key && effect === toleration.effect && operator === toleration.operator
    );
  return [...given, ...added.filter((toleration) => !isGiven(toleration))];
}

/**
 * The template for one node. The node is named by affinity, not by `nodeName`, so that the scheduler binds the Pod and sees to it that it
 * fits; other required terms have been looked at already.
 */
export function templateFor(node: string, template: PodTemplateSpec, labels: Record<string, string>): PodTemplateSpec {
  const term = { matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] };
  const { affinity } = template.spec;
  return {
    metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...labels } },
    spec: {
      ...template.spec,
      tolerations: tolerationsOf(template),
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
        },
      },
    },
  };
}

/** The node that a Pod is on, or is meant for. */
export function nodeOf({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const field = required?.nodeSelectorTerms[0]?.matchFields?.find(({ key }) => key === "metadata.name");
  return field?.values?.[0];
}

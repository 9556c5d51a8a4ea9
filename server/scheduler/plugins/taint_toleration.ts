import type { Taint, Toleration } from "../../../api/types/core_v1.ts";
import type { Plugin } from "./contract.ts";
import { refuseForGood } from "./contract.ts";

/** What `kubectl cordon` sets beside the taint of the same name; older clients set only the field. */
const UNSCHEDULABLE: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

const comparisons: Readonly<Record<string, (toleration: Toleration, taint: Taint) => boolean>> = {
  Exists: () => true,
  Equal: (toleration, taint) => (toleration.value ?? "") === (taint.value ?? ""),
};

/** An empty key with `Exists` tolerates every taint; an empty effect every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  const operator = toleration.operator || "Equal";
  if (!toleration.key && operator !== "Exists") return false;
  return comparisons[operator]?.(toleration, taint) ?? false;
}

function untolerated(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
  effects: readonly string[],
): Taint[] {
  return taints.filter((taint) => effects.includes(taint.effect) && !tolerations.some((t) => tolerates(t, taint)));
}

export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  filter: ({ pod }, { node }) =>
    node.spec.unschedulable && untolerated([UNSCHEDULABLE], pod.spec.tolerations ?? [], ["NoSchedule"]).length > 0
      ? refuseForGood("node(s) were unschedulable")
      : undefined,
};

export const taintToleration: Plugin = {
  name: "TaintToleration",
  filter({ pod }, { node }) {
    const [taint] = untolerated(node.spec.taints ?? [], pod.spec.tolerations ?? [], ["NoSchedule", "NoExecute"]);
    return taint && refuseForGood(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`);
  },
  score: {
    weight: 3,
    of: ({ pod }, { node }) =>
      100 / (1 + untolerated(node.spec.taints ?? [], pod.spec.tolerations ?? [], ["PreferNoSchedule"]).length),
  },
};

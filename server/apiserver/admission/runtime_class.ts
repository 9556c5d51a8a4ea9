import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { Quantity } from "../../../api/meta/quantity.ts";
import { runtimeclasses } from "../../../api/resources.ts";
import type { Pod, Toleration } from "../../../api/types/core_v1.ts";
import type { RuntimeClass, Scheduling } from "../../../api/types/node_v1.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "./contract.ts";
import { refuse } from "./refuse.ts";

type Texts = Readonly<Record<string, string>>;

/** Gives a Pod what its RuntimeClass costs and where it can run. A Pod may not make up an overhead of its own. */
export const runtimeClass: AdmissionPlugin = {
  name: "RuntimeClass",
  resources: ["/pods"],
  mutate(request, context) {
    if (request.operation !== "CREATE" || request.subresource !== "") return;
    const { spec } = request.object as Pod;
    const found = classOf(request, context);
    const overhead = found?.overhead?.podFixed;
    if (overhead !== undefined) {
      if (spec.overhead !== undefined) requireSame(request, spec.overhead, overhead);
      spec.overhead = { ...overhead };
    }
    if (found?.scheduling) constrain(request, found.scheduling);
  },
  validate(request, context) {
    if (request.operation !== "CREATE" || request.subresource !== "") return;
    const { overhead } = (request.object as Pod).spec;
    const wanted = classOf(request, context)?.overhead?.podFixed;
    if (wanted !== undefined) requireSame(request, overhead ?? {}, wanted);
    else if (overhead !== undefined) {
      throw refuse(request, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    }
  },
};

function classOf(request: AdmissionRequest, { lookup }: AdmissionContext): RuntimeClass | undefined {
  const { runtimeClassName } = (request.object as Pod).spec;
  if (!runtimeClassName) return undefined;
  const found = lookup.find(runtimeclasses, "", runtimeClassName);
  if (found !== undefined) return found;
  throw refuse(request, `pod rejected: RuntimeClass ${JSON.stringify(runtimeClassName)} not found`);
}

function requireSame(request: AdmissionRequest, own: Texts, wanted: Texts): void {
  const names = Object.keys(wanted);
  const same = names.length === Object.keys(own).length &&
    names.every((name) => Object.hasOwn(own, name) && Quantity.parse(own[name]!).equals(Quantity.parse(wanted[name]!)));
  if (!same) {
    throw refuse(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  }
}

function constrain(request: AdmissionRequest, { nodeSelector = {}, tolerations = [] }: Scheduling): void {
  const { spec } = request.object as Pod;
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = spec.nodeSelector?.[key];
    if (own === undefined || own === value) continue;
    const wanted = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}`;
    throw refuse(request, `conflict: ${wanted}; pod.spec.nodeSelector[${key}] = ${own}`);
  }
  if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector };
  const missing = tolerations.filter((toleration) =>
    !(spec.tolerations ?? []).some((own) => isSuperset(own, toleration))
  );
  if (missing.length > 0) spec.tolerations = [...spec.tolerations ?? [], ...missing];
}

/** Whether whatever one toleration tolerates the other one does, too. */
function isSuperset(one: Toleration, other: Toleration): boolean {
  if (deepEqual(one, other)) return true;
  if (one.effect && one.effect !== other.effect) return false;
  if (one.tolerationSeconds !== undefined && one.tolerationSeconds < (other.tolerationSeconds ?? Infinity)) {
    return false;
  }
  if (one.operator === "Exists") return !one.key || one.key === other.key;
  return one.key === other.key && other.operator !== "Exists" && (one.value ?? "") === (other.value ?? "");
}

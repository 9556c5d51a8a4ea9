import type { Container as SpecContainer, Pod } from "../../api/types/core_v1.ts";
import type { Container } from "../runtime/contract.ts";
import { annotationKeys, containerHash } from "./labels.ts";
import { madeForOtherResources } from "./pod_resources.ts";

/** `Always`, `OnFailure` or `Never`: a container's own policy goes before its Pod's; init containers never run again after success. */
export function restartPolicyOf(pod: Pod, spec: SpecContainer): string {
  const policy = pod.spec.restartPolicy ?? "Always";
  if (spec.restartPolicy) return spec.restartPolicy;
  const isInit = pod.spec.initContainers?.some((init) => init.name === spec.name) ?? false;
  return isInit && policy === "Always" ? "OnFailure" : policy;
}

/** Whether a container that ended so is started again. */
export function shouldRestart(pod: Pod, spec: SpecContainer, ended: Container): boolean {
  // Killed because its definition changed: the new definition has not run yet.
  if (hashChanged(spec, ended) || madeForOtherResources(spec, ended)) return true;
  for (const rule of spec.restartPolicyRules ?? []) {
    const { operator, values = [] } = rule.exitCodes ?? { operator: "" };
    const listed = values.includes(ended.exitCode);
    if ((operator === "In" && listed) || (operator === "NotIn" && !listed)) return rule.action === "Restart";
  }
  const policy = restartPolicyOf(pod, spec);
  return policy === "Always" || (policy === "OnFailure" && ended.exitCode !== 0);
}

/** The container was made from another definition than the spec's. One without a hash is not ours to judge. */
export function hashChanged(spec: SpecContainer, container: Container): boolean {
  const hash = container.annotations[annotationKeys.hash];
  return hash !== undefined && hash !== containerHash(spec);
}

import type { PodFailurePolicy, PodFailurePolicyRule } from "../../../api/types/batch_v1.ts";
import type { ContainerStatus, Pod } from "../../../api/types/core_v1.ts";

/** What the first rule that matches a failed Pod says; `Count` when none does. */
export interface Verdict {
  readonly action: string;
  readonly message: string;
}

export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): Verdict {
  // A Pod that has no end yet was only deleted.
  if (pod.status?.phase !== "Failed") return { action: "Count", message: "" };
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const cause = causeOf(rule, pod);
    if (cause === undefined) continue;
    const { namespace, name } = pod.metadata;
    return { action: rule.action, message: `Pod ${namespace}/${name} ${cause}, matching ${rule.action} rule ${index}` };
  }
  return { action: "Count", message: "" };
}

function causeOf({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  if (onExitCodes !== undefined) {
    const { containerName, operator, values } = onExitCodes;
    const all = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    const found = all.find((status) => {
      const code = exitCode(status);
      if (code === 0 || (containerName && status.name !== containerName)) return false;
      return values.includes(code) === (operator === "In");
    });
    return found && `failed in container ${found.name} with exit code ${exitCode(found)}`;
  }
  const condition = pod.status?.conditions?.find((one) =>
    onPodConditions?.some(({ type, status = "True" }) => one.type === type && one.status === status)
  );
  return condition && `has condition ${condition.type}`;
}

/** 0 for a container that has not ended. */
function exitCode({ state }: ContainerStatus): number {
  return state?.terminated?.exitCode ?? 0;
}

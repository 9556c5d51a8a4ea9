import { priorityclasses } from "../../../api/resources.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { PriorityClass } from "../../../api/types/scheduling_v1.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "./contract.ts";
import { refuse } from "./refuse.ts";

const usual = "PreemptLowerPriority";

/** Turns the name of a Pod's priority class into the number that the scheduler counts with. */
export const priority: AdmissionPlugin = {
  name: "Priority",
  resources: ["/pods", "scheduling.k8s.io/priorityclasses"],
  mutate(request, context) {
    if (request.subresource !== "" || request.row.resource !== "pods") return;
    if (request.operation === "CREATE") resolve(request, context);
    else if (request.operation === "UPDATE") keep(request.object as Pod, request.old as Pod);
  },
  validate(request, { lookup }) {
    const { row, operation, object } = request;
    if (row.resource !== priorityclasses.resource || operation === "DELETE") return;
    if (!(object as PriorityClass).globalDefault) return;
    for (const other of lookup.all(priorityclasses)) {
      if (!other.globalDefault || other.metadata.name === object?.metadata.name) continue;
      const detail = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`;
      throw refuse(request, detail);
    }
  },
};

function resolve(request: AdmissionRequest, { lookup }: AdmissionContext): void {
  const { spec } = request.object as Pod;
  const chosen = spec.priorityClassName
    ? lookup.find(priorityclasses, "", spec.priorityClassName)
    : globalDefault(lookup.all(priorityclasses));
  if (spec.priorityClassName && chosen === undefined) {
    throw refuse(request, `no PriorityClass with name ${spec.priorityClassName} was found`);
  }
  const value = chosen?.value ?? 0;
  if (spec.priority !== undefined && spec.priority !== value) {
    const detail =
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
    throw refuse(request, detail);
  }
  if (chosen?.metadata.name) spec.priorityClassName = chosen.metadata.name;
  spec.priority = value;
  const policy = chosen?.preemptionPolicy ?? usual;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    const detail =
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`;
    throw refuse(request, detail);
  }
  spec.preemptionPolicy = policy;
}

/** Of several defaults (made before there was a check) the smallest counts. */
function globalDefault(classes: Iterable<PriorityClass>): PriorityClass | undefined {
  let found: PriorityClass | undefined;
  for (const candidate of classes) {
    if (candidate.globalDefault && (found === undefined || (candidate.value ?? 0) < (found.value ?? 0))) {
      found = candidate;
    }
  }
  return found;
}

/** A client that does not know the field leaves it as it is. */
function keep({ spec }: Pod, { spec: before }: Pod): void {
  if (before.priority !== undefined) spec.priority ??= before.priority;
  if (before.preemptionPolicy !== undefined) spec.preemptionPolicy ??= before.preemptionPolicy;
}

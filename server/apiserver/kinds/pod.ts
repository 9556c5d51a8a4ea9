import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError } from "../../../api/meta/field.ts";
import { qosClass } from "../../../api/meta/qos_class.ts";
import type { Container, Pod, PodSpec, Toleration } from "../../../api/types/core_v1.ts";
import { defaultPod } from "./pod_defaults.ts";
import { validatePod } from "./pod_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const finished: ReadonlySet<string> = new Set(["Succeeded", "Failed"]);

export const podStrategy: Strategy<Pod> = {
  generationFields: ["spec"],
  defaults: defaultPod,
  prepareForCreate(pod) {
    pod.status = { phase: "Pending" };
    if (pod.spec.schedulingGates?.length) {
      const message = "Scheduling is blocked due to non-empty scheduling gates";
      pod.status.conditions = [{ type: "PodScheduled", status: "False", reason: "SchedulingGated", message }];
    }
  },
  complete(pod) {
    pod.status = { ...pod.status, qosClass: qosClass(pod) };
  },
  prepareForStatusUpdate(pod, old) {
    // The class is the server's to say, and never changes.
    if (old.status?.qosClass) pod.status = { ...pod.status, qosClass: old.status.qosClass };
  },
  validate: validatePod,
  validateUpdate,
  fields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "spec.restartPolicy": ({ spec }) => spec.restartPolicy ?? "",
    "spec.schedulerName": ({ spec }) => spec.schedulerName ?? "",
    "spec.serviceAccountName": ({ spec }) => spec.serviceAccountName ?? "",
    "spec.hostNetwork": ({ spec }) => String(spec.hostNetwork ?? false),
    "status.phase": ({ status }) => status?.phase ?? "",
    "status.podIP": ({ status }) => status?.podIP ?? "",
    "status.nominatedNodeName": ({ status }) => status?.nominatedNodeName ?? "",
  },
  indexedField: "spec.nodeName",
  gracePeriodSeconds({ spec, status }, requested) {
    // Nobody is there to stop anything.
    if (!spec.nodeName || finished.has(status?.phase ?? "")) return 0;
    const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 30;
    return seconds < 0 ? 1 : seconds;
  },
};

/** Of a running Pod a client may change images, a deadline, tolerations (more of them) and a negative grace period. */
function validateUpdate(pod: Pod, old: Readonly<Pod>): FieldError[] {
  const errors: FieldError[] = [];
  const [spec, before] = [pod.spec, old.spec];
  validateDeadline(spec, before, errors);
  validateTolerations(spec.tolerations ?? [], before.tolerations ?? [], errors);
  for (const list of ["containers", "initContainers"] as const) {
    if ((spec[list]?.length ?? 0) !== (before[list]?.length ?? 0)) {
      errors.push(FieldError.forbidden(specPath.child(list), "pod updates may not add or remove containers"));
      return errors;
    }
  }
  if (before.schedulingGates === undefined && spec.schedulingGates?.length) {
    errors.push(
      FieldError.forbidden(
        specPath.child("schedulingGates"),
        "only deletion is allowed, but found new scheduling gate",
      ),
    );
  }
  if (!deepEqual(unchangeable(spec, before), before)) errors.push(FieldError.forbidden(specPath, immutable));
  return errors;
}

const immutable =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/** The new spec with everything that may change as it was. */
function unchangeable(spec: PodSpec, before: PodSpec): PodSpec {
  const masked: Record<string, unknown> = {
    ...spec,
    containers: withImagesOf(spec.containers, before.containers),
    initContainers: spec.initContainers && withImagesOf(spec.initContainers, before.initContainers ?? []),
    activeDeadlineSeconds: before.activeDeadlineSeconds,
    tolerations: before.tolerations,
    // Gates only ever go, and while there are any the Pod's place may be narrowed.
    schedulingGates: before.schedulingGates,
    ...(before.schedulingGates ? { nodeSelector: before.nodeSelector, affinity: before.affinity } : {}),
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

function validateDeadline(spec: PodSpec, before: PodSpec, errors: FieldError[]): void {
  const [now, then] = [spec.activeDeadlineSeconds, before.activeDeadlineSeconds];
  if (then === undefined || now === then) return;
  const path = specPath.child("activeDeadlineSeconds");
  if (now === undefined) {
    errors.push(FieldError.invalid(path, null, "must not update from a positive integer to nil value"));
  } else if (now > then) errors.push(FieldError.invalid(path, now, "must be less than or equal to previous value"));
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
}

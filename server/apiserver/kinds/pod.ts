import { qosClass } from "../../../api/meta/qos_class.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { syncAppArmor } from "./pod_apparmor.ts";
import { defaultPod, dropDisabledFields } from "./pod_defaults.ts";
import { mergeLabelKeys } from "./pod_label_keys.ts";
import { alignPodIPs, podStatusWarnings, preparePodStatus } from "./pod_status.ts";
import { validatePodStatusUpdate } from "./pod_status_validation.ts";
import { validatePodUpdate } from "./pod_update_validation.ts";
import { podWarnings } from "./pod_warnings.ts";
import { validateNewPod, validatePod } from "./pod_validation.ts";
import type { Strategy } from "./strategy.ts";

const finished: ReadonlySet<string> = new Set(["Succeeded", "Failed"]);

export const podStrategy: Strategy<Pod> = {
  generationFields: ["spec"],
  defaults: defaultPod,
  prepareForCreate(pod, { now, warn }) {
    dropDisabledFields(pod.spec);
    mergeLabelKeys(pod);
    syncAppArmor(pod, warn);
    pod.status = { phase: "Pending" };
    if (pod.spec.schedulingGates?.length) {
      const message = "Scheduling is blocked due to non-empty scheduling gates";
      const lastTransitionTime = formatTime(now);
      pod.status.conditions = [
        { type: "PodScheduled", status: "False", reason: "SchedulingGated", message, lastTransitionTime },
      ];
    }
  },
  prepareForUpdate: ({ spec }) => dropDisabledFields(spec),
  complete(pod, old) {
    if (!old) pod.status = { ...pod.status, qosClass: qosClass(pod) };
  },
  defaultStatus: alignPodIPs,
  prepareForStatusUpdate: preparePodStatus,
  warnings: podWarnings,
  validate: validatePod,
  validateCreate: validateNewPod,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  statusWarnings: podStatusWarnings,
  fields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    // Its name of old.
    "spec.host": ({ spec }) => spec.nodeName ?? "",
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

import { limitranges } from "../../../api/resources.ts";
import type { LimitRange, PersistentVolumeClaim, Pod } from "../../../api/types/core_v1.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "./contract.ts";
import { applyDefaults, defaultsOf } from "./limit_defaults.ts";
import { claimViolations, podViolations } from "./limit_checks.ts";
import { joinReasons, refuse } from "./refuse.ts";

/** Gives containers the amounts that a namespace's LimitRanges suggest, and holds Pods and claims to the bounds that they set. */
export const limitRanger: AdmissionPlugin = {
  name: "LimitRanger",
  resources: ["/pods", "/persistentvolumeclaims"],
  mutate(request, context) {
    if (request.row.resource !== "pods" || !isLimited(request)) return;
    for (const range of rangesOf(request, context)) {
      const defaults = defaultsOf(range);
      if (defaults !== undefined) applyDefaults(request.object as Pod, defaults);
    }
  },
  validate(request, context) {
    if (!isLimited(request)) return;
    for (const range of rangesOf(request, context)) {
      const violations = request.row.resource === "pods"
        ? podViolations(request.object as Pod, range)
        : claimViolations(request.object as PersistentVolumeClaim, range);
      if (violations.length > 0) throw refuse(request, joinReasons(violations));
    }
  },
};

/** What a running Pod uses changes by its `resize` alone; what is on its way out is left in peace. */
function isLimited({ operation, row, subresource, old }: AdmissionRequest): boolean {
  if (operation === "CREATE") return subresource === "";
  if (operation !== "UPDATE" || old?.metadata.deletionTimestamp !== undefined) return false;
  return subresource === (row.resource === "pods" ? "resize" : "");
}

function rangesOf({ namespace }: AdmissionRequest, { lookup }: AdmissionContext): Iterable<LimitRange> {
  return lookup.all(limitranges, namespace);
}

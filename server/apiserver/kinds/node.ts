import { FieldError, root } from "../../../api/meta/field.ts";
import { checkLabelValue, checkQualifiedName } from "../../../api/meta/names.ts";
import type { Node } from "../../../api/types/core_v1.ts";
import { checkLegacyCIDR } from "./addresses.ts";
import { checkText, requireOneOf, requireText } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

export const nodeStrategy: Strategy<Node> = {
  // An agent registers its node with what it knows of it.
  keepsStatusOnCreate: true,
  defaults({ spec, status }) {
    defaultAllocatable(status);
    // The older field is the first of the newer one; of two that disagree it is the one that counts.
    if (!spec.podCIDR) {
      if (spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
    } else if (spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    const seen = new Set<string>();
    // Upstream looks for the taints in the annotations, where they once were, and calls the place by that.
    const taintsPath = root("metadata", "taints");
    for (const [index, { key = "", value = "", effect = "" }] of (spec.taints ?? []).entries()) {
      const path = taintsPath.index(index);
      checkText(key, path.child("key"), checkQualifiedName, errors);
      if (value) checkText(value, path.child("value"), checkLabelValue, errors);
      if (requireText(effect, path.child("effect"), errors)) {
        requireOneOf(effect, path.child("effect"), ["NoSchedule", "PreferNoSchedule", "NoExecute"], errors);
      }
      if (seen.has(`${key}:${effect}`)) errors.push(FieldError.duplicate(path, `${key}:${effect}`));
      seen.add(`${key}:${effect}`);
    }
    for (const [index, cidr] of (spec.podCIDRs ?? []).entries()) {
      checkText(cidr, specPath.child("podCIDRs").index(index), checkLegacyCIDR, errors);
    }
    return errors;
  },
  validateUpdate({ spec }, { spec: before }) {
    const errors: FieldError[] = [];
    if (before.podCIDR && spec.podCIDR !== before.podCIDR) {
      errors.push(
        FieldError.forbidden(specPath.child("podCIDRs"), 'node updates may not change podCIDR except from "" to valid'),
      );
    }
    if (before.providerID && spec.providerID !== before.providerID) {
      errors.push(
        FieldError.forbidden(
          specPath.child("providerID"),
          'node updates may not change providerID except from "" to valid',
        ),
      );
    }
    return errors;
  },
  prepareForStatusUpdate: ({ status }) => defaultAllocatable(status),
  fields: {
    "spec.unschedulable": ({ spec }) => String(spec.unschedulable ?? false),
  },
};

/** A node that keeps nothing for itself gives all it has. */
function defaultAllocatable(status: Node["status"]): void {
  if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
}

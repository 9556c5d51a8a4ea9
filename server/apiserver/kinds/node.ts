import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError } from "../../../api/meta/field.ts";
import type { Node } from "../../../api/types/core_v1.ts";
import { networkWarnings } from "./address_warnings.ts";
import { validateAddresses, validateNode, validateNodeStatus, validateTaints } from "./node_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

export const nodeStrategy: Strategy<Node> = {
  // An agent registers its node with what it knows of it.
  keepsStatusOnCreate: true,
  defaults(node) {
    const { spec } = node;
    // The older field is the first of the newer one; of two that disagree it is the one that counts.
    if (!spec.podCIDR) {
      if (spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
    } else if (spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
    defaultStatus(node);
  },
  defaultStatus,
  prepareForCreate: dropDisabledFields,
  prepareForUpdate: dropDisabledFields,
  prepareForStatusUpdate: dropDisabledFields,
  validate: validateNode,
  validateUpdate: (node, old) => [
    ...validateNodeUpdate(node, old),
    // Upstream looks at these twice, and tells of each fault twice.
    ...validateNodeStatus(node),
    ...validateTaints(node),
  ],
  validateStatusUpdate: (node, old) => [
    ...validateNodeUpdate(node, old),
    ...validateNodeStatus(node),
    ...validateTaints(node),
  ],
  warnings: ({ spec: { externalID, podCIDRs = [] } }) => [
    ...externalID ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : [],
    ...podCIDRs.flatMap((cidr, index) => networkWarnings(specPath.child("podCIDRs").index(index), cidr)),
  ],
  fields: {
    "spec.unschedulable": ({ spec }) => String(spec.unschedulable ?? false),
  },
};

/** All that a node has is for Pods, unless it says otherwise. */
function defaultStatus(node: Node): void {
  const { capacity, allocatable } = node.status ?? {};
  if (capacity && !allocatable) node.status = { ...node.status, allocatable: { ...capacity } };
}

/** Settings by the API were given up. */
function dropDisabledFields(node: Node): void {
  delete node.spec.configSource;
  if (node.status?.config === undefined) return;
  const { config: _, ...status } = node.status;
  node.status = status;
}

function validateNodeUpdate(node: Node, { spec: before }: Readonly<Node>): FieldError[] {
  const { spec } = node;
  const errors = validateAddresses(node);
  const once = (field: "podCIDRs" | "providerID", called: string) => {
    const detail = `node updates may not change ${called} except from "" to valid`;
    errors.push(FieldError.forbidden(specPath.child(field), detail));
  };
  const [cidrs, old] = [spec.podCIDRs ?? [], before.podCIDRs ?? []];
  if (old.length > 0 && !deepEqual(cidrs, old)) {
    const changed = cidrs.length === old.length ? old.filter((cidr, index) => cidr !== cidrs[index]) : [""];
    for (const _ of changed) once("podCIDRs", "podCIDR");
  }
  if (before.providerID && spec.providerID !== before.providerID) once("providerID", "providerID");
  if ((spec.externalID ?? "") !== (before.externalID ?? "")) {
    errors.push(FieldError.forbidden(specPath.child("externalID"), "may not be updated"));
  }
  return errors;
}

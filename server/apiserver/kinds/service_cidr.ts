/** ServiceCIDR and IPAddress: where the cluster IPs of Services come from, and who has which. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain, checkPathSegmentName } from "../../../api/meta/names.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { IPAddress, ServiceCIDR } from "../../../api/types/networking_v1.ts";
import { checkCIDR, checkIP, isAddress } from "./addresses.ts";
import { checkText, requirePathSegment } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const cidrsPath = specPath.child("cidrs");
const parentPath = specPath.child("parentRef");

export const serviceCIDRStrategy: Strategy<ServiceCIDR> = {
  // Of an update all that matters is what it changes.
  validate: () => [],
  validateCreate: validateCIDRs,
  /** A second network, of the other family, may join the first; nothing else changes. */
  validateUpdate(object, { spec: { cidrs: before = [] } }) {
    const { cidrs = [] } = object.spec ?? {};
    const grows = cidrs.length === 2 && before.length === 1;
    if (cidrs.length !== before.length && !grows) {
      return [FieldError.immutable(cidrsPath, cidrs.length === 0 ? null : cidrs)];
    }
    const errors = before.flatMap((cidr, index) =>
      cidrs[index] === cidr ? [] : [FieldError.immutable(cidrsPath.index(index), cidrs[index])]
    );
    return grows ? [...errors, ...validateCIDRs(object)] : errors;
  },
};

function validateCIDRs({ spec }: ServiceCIDR): FieldError[] {
  const { cidrs = [] } = spec ?? {};
  if (cidrs.length === 0) return [FieldError.required(cidrsPath, "at least one CIDR required")];
  if (cidrs.length > 2) return [FieldError.invalid(cidrsPath, { CIDRs: cidrs }, "may only hold up to 2 values")];
  const errors: FieldError[] = [];
  for (const [index, cidr] of cidrs.entries()) checkText(cidr, cidrsPath.index(index), checkCIDR, errors);
  const [first, second] = cidrs.map(familyOf);
  if (first !== undefined && first === second) {
    const detail = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
    errors.push(FieldError.invalid(cidrsPath, cidrs, detail));
  }
  return errors;
}

/** Undefined for what is no network. */
function familyOf(cidr: string): "IPv4" | "IPv6" | undefined {
  if (!isAddress(cidr.split("/")[0]!)) return undefined;
  return cidr.includes(":") ? "IPv6" : "IPv4";
}

export const ipAddressStrategy: Strategy<IPAddress> = {
  checkName: checkIP,
  validate({ spec: { parentRef } }) {
    const errors: FieldError[] = [];
    if (!parentRef) return [FieldError.required(parentPath)];
    if (parentRef.group) checkText(parentRef.group, parentPath.child("group"), checkDns1123Subdomain, errors);
    requirePathSegment(parentRef.resource, parentPath.child("resource"), errors);
    requirePathSegment(parentRef.name, parentPath.child("name"), errors);
    const { namespace } = parentRef;
    if (namespace) checkText(namespace, parentPath.child("namespace"), checkPathSegmentName, errors);
    return errors;
  },
  validateUpdate: ({ spec: { parentRef } }, { spec: { parentRef: before } }) =>
    deepEqual(parentRef, before) ? [] : [
      FieldError.immutable(
        parentPath,
        parentRef ? goValue("io.k8s.api.networking.v1.ParentReference", parentRef) : null,
      ),
    ],
};

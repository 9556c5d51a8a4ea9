/** ServiceCIDR and IPAddress: where the cluster IPs of Services come from, and who has which. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError } from "../../../api/meta/field.ts";
import type { IPAddress, ServiceCIDR } from "../../../api/types/networking_v1.ts";
import { checkCIDR, checkIP } from "./addresses.ts";
import { checkText, requirePathSegment } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const cidrsPath = specPath.child("cidrs");
const parentPath = specPath.child("parentRef");

export const serviceCIDRStrategy: Strategy<ServiceCIDR> = {
  validate({ spec: { cidrs = [] } }) {
    if (cidrs.length === 0) return [FieldError.required(cidrsPath, "at least one CIDR required")];
    if (cidrs.length > 2) return [FieldError.invalid(cidrsPath, cidrs, "may only hold up to 2 values")];
    const errors: FieldError[] = [];
    for (const [index, cidr] of cidrs.entries()) checkText(cidr, cidrsPath.index(index), checkCIDR, errors);
    if (errors.length === 0 && cidrs.length === 2 && cidrs[0]!.includes(":") === cidrs[1]!.includes(":")) {
      const detail = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
      errors.push(FieldError.invalid(cidrsPath, cidrs, detail));
    }
    return errors;
  },
  /** A second network, of the other family, may join the first; nothing else changes. */
  validateUpdate({ spec: { cidrs = [] } }, { spec: { cidrs: before = [] } }) {
    if (cidrs.length !== before.length && !(cidrs.length === 2 && before.length === 1)) {
      return [FieldError.immutable(cidrsPath, cidrs)];
    }
    return before.flatMap((cidr, index) =>
      cidrs[index] === cidr ? [] : [FieldError.immutable(cidrsPath.index(index), cidrs[index])]
    );
  },
};

export const ipAddressStrategy: Strategy<IPAddress> = {
  checkName: checkIP,
  validate({ spec: { parentRef } }) {
    const errors: FieldError[] = [];
    if (!parentRef) return [FieldError.required(parentPath)];
    requirePathSegment(parentRef.resource, parentPath.child("resource"), errors);
    requirePathSegment(parentRef.name, parentPath.child("name"), errors);
    return errors;
  },
  validateUpdate: ({ spec: { parentRef } }, { spec: { parentRef: before } }) =>
    deepEqual(parentRef, before) ? [] : [FieldError.immutable(parentPath, parentRef)],
};

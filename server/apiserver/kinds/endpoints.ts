import { FieldError, root } from "../../../api/meta/field.ts";
import { checkPortNumber } from "../../../api/meta/names.ts";
import type { EndpointSlice } from "../../../api/types/discovery_v1.ts";
import type { Endpoints } from "../../../api/types/core_v1.ts";
import { requireOneOf, requireText } from "./checks.ts";
import { protocols } from "./container_validation.ts";
import type { Strategy } from "./strategy.ts";

const maxEndpoints = 1000;
const maxAddresses = 100;
const maxPorts = 20_000;

export const endpointsStrategy: Strategy<Endpoints> = {
  createsOnUpdate: true,
  defaults({ subsets = [] }) {
    for (const { ports = [] } of subsets) for (const port of ports) port.protocol ??= "TCP";
  },
  validate({ subsets = [] }) {
    const errors: FieldError[] = [];
    for (const [index, { addresses = [], notReadyAddresses = [], ports = [] }] of subsets.entries()) {
      const path = root("subsets").index(index);
      if (addresses.length + notReadyAddresses.length === 0) {
        errors.push(FieldError.required(path, "must specify `addresses` or `notReadyAddresses`"));
      }
      for (const [list, items] of [["addresses", addresses], ["notReadyAddresses", notReadyAddresses]] as const) {
        for (const [i, { ip }] of items.entries()) requireText(ip, path.child(list).index(i).child("ip"), errors);
      }
      for (const [i, { name, port, protocol }] of ports.entries()) {
        const at = path.child("ports").index(i);
        if (!name && ports.length > 1) errors.push(FieldError.required(at.child("name")));
        for (const detail of checkPortNumber(port ?? 0)) {
          errors.push(FieldError.invalid(at.child("port"), port ?? 0, detail));
        }
        requireOneOf(protocol, at.child("protocol"), protocols, errors);
      }
    }
    return errors;
  },
};

export const endpointSliceStrategy: Strategy<EndpointSlice> = {
  generationFields: ["addressType", "endpoints", "ports"],
  defaults({ ports = [] }) {
    for (const port of ports) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  validate({ addressType = "", endpoints = [], ports = [] }) {
    const errors: FieldError[] = [];
    if (addressType === "") errors.push(FieldError.required(root("addressType")));
    else requireOneOf(addressType, root("addressType"), ["FQDN", "IPv4", "IPv6"], errors);
    if (endpoints.length > maxEndpoints) {
      errors.push(FieldError.tooMany(root("endpoints"), endpoints.length, maxEndpoints));
    }
    if (ports.length > maxPorts) errors.push(FieldError.tooMany(root("ports"), ports.length, maxPorts));
    for (const [index, { addresses = [] }] of endpoints.entries()) {
      const path = root("endpoints").index(index).child("addresses");
      if (addresses.length === 0) errors.push(FieldError.required(path, "must contain at least 1 address"));
      else if (addresses.length > maxAddresses) errors.push(FieldError.tooMany(path, addresses.length, maxAddresses));
    }
    for (const [index, { protocol }] of ports.entries()) {
      requireOneOf(protocol, root("ports").index(index).child("protocol"), protocols, errors);
    }
    return errors;
  },
  validateUpdate({ addressType }, old) {
    return addressType === old.addressType ? [] : [FieldError.immutable(root("addressType"), addressType)];
  },
};

import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkPortNumber,
  checkQualifiedName,
} from "../../../api/meta/names.ts";
import type { EndpointAddress, EndpointPort, Endpoints } from "../../../api/types/core_v1.ts";
import { addressWarnings } from "./address_warnings.ts";
import { checkEndpointIP, checkLegacyIP } from "./addresses.ts";
import { checkText, requireOneOf } from "./checks.ts";
import { protocols } from "./container_validation.ts";
import type { Strategy } from "./strategy.ts";

/** Who writes addresses in their one form. */
const managedBy = "endpoints.kubernetes.io/managed-by";
const controller = "endpoint-controller";

export const endpointsStrategy: Strategy<Endpoints> = {
  createsOnUpdate: true,
  defaults({ subsets = [] }) {
    for (const { ports = [] } of subsets) for (const port of ports) port.protocol ??= "TCP";
  },
  validate({ metadata, subsets = [] }) {
    const errors: FieldError[] = [];
    // A server that its own machine alone reaches is at the loopback, which nobody else's endpoint may be.
    const isOurs = metadata.namespace === "default" && metadata.name === "kubernetes";
    const checkAddress = isOurs ? checkLegacyIP : checkEndpointIP;
    for (const [index, { addresses = [], notReadyAddresses = [], ports = [] }] of subsets.entries()) {
      const path = root("subsets").index(index);
      if (addresses.length + notReadyAddresses.length === 0) {
        errors.push(FieldError.required(path, "must specify `addresses` or `notReadyAddresses`"));
      }
      for (const [list, items] of [["addresses", addresses], ["notReadyAddresses", notReadyAddresses]] as const) {
        for (const [i, address] of items.entries()) {
          validateAddress(address, checkAddress, path.child(list).index(i), errors);
        }
      }
      for (const [i, port] of ports.entries()) {
        validatePort(port, ports.length > 1, path.child("ports").index(i), errors);
      }
    }
    return errors;
  },
  warnings: ({ metadata, subsets = [] }) =>
    metadata.labels?.[managedBy] === controller
      ? []
      : subsets.flatMap((subset, index) =>
        (["addresses", "notReadyAddresses"] as const).flatMap((list) =>
          (subset[list] ?? []).flatMap(({ ip = "" }, i) =>
            addressWarnings(root("subsets").index(index).child(list).index(i).child("ip"), ip)
          )
        )
      ),
};

function validateAddress(
  { ip = "", hostname, nodeName }: EndpointAddress,
  checkAddress: (ip: string) => string[],
  path: Path,
  errors: FieldError[],
): void {
  const legacy = checkLegacyIP(ip);
  for (const detail of legacy) errors.push(FieldError.invalid(path.child("ip"), ip, detail));
  // The field is looked at twice, and the second look has its own words for what is no address at all.
  const second = legacy.length > 0 ? ["must be a valid IP address"] : checkAddress(ip);
  if (hostname) checkText(hostname, path.child("hostname"), checkDns1123Label, errors);
  if (nodeName !== undefined) checkText(nodeName, path.child("nodeName"), checkDns1123Subdomain, errors);
  for (const detail of second) errors.push(FieldError.invalid(path.child("ip"), ip, detail));
}

function validatePort(
  { name, port = 0, protocol, appProtocol }: EndpointPort,
  isNamed: boolean,
  path: Path,
  errors: FieldError[],
): void {
  if (name) checkText(name, path.child("name"), checkDns1123Label, errors);
  else if (isNamed) errors.push(FieldError.required(path.child("name")));
  for (const detail of checkPortNumber(port)) errors.push(FieldError.invalid(path.child("port"), port, detail));
  requireOneOf(protocol, path.child("protocol"), protocols, errors);
  if (appProtocol !== undefined) checkText(appProtocol, path.child("appProtocol"), checkQualifiedName, errors);
}

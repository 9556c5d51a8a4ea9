import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkQualifiedName,
} from "../../../api/meta/names.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../../api/types/discovery_v1.ts";
import { addressWarnings } from "./address_warnings.ts";
import { checkEndpointIP, checkIP, checkLegacyIP } from "./addresses.ts";
import { checkText, requireOneOf } from "./checks.ts";
import { protocols } from "./container_validation.ts";
import type { Strategy } from "./strategy.ts";

const maxEndpoints = 1000;
const maxAddresses = 100;
const maxPorts = 20_000;
const maxHints = 8;
const managedBy = "endpointslice.kubernetes.io/managed-by";
/** They write addresses in their one form. */
const controllers: ReadonlySet<string | undefined> = new Set([
  "endpointslice-controller.k8s.io",
  "endpointslicemirroring-controller.k8s.io",
]);

export const endpointSliceStrategy: Strategy<EndpointSlice> = {
  generationFields: ["addressType", "endpoints", "ports"],
  defaults({ ports = [] }) {
    for (const port of ports) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  prepareForCreate: dropTopology,
  prepareForUpdate(slice, old) {
    const isChanged = !deepEqual(slice.endpoints, old.endpoints) ||
      !deepEqual(slice.metadata.labels, old.metadata.labels);
    if (isChanged) slice.metadata.generation = (old.metadata.generation ?? 0) + 1;
    dropTopology(slice);
  },
  validate({ metadata, addressType = "", endpoints = [], ports = [] }, old) {
    const errors: FieldError[] = [];
    if (addressType === "") errors.push(FieldError.required(root("addressType")));
    else requireOneOf(addressType, root("addressType"), ["FQDN", "IPv4", "IPv6"], errors);
    validatePorts(ports, root("ports"), errors);
    // What was valid to an older server stays so as it is.
    if (old && deepEqual(endpoints, old.endpoints)) return errors;
    if (endpoints.length > maxEndpoints) {
      return [...errors, FieldError.tooMany(root("endpoints"), endpoints.length, maxEndpoints)];
    }
    // A server that its own machine alone reaches is at the loopback, which nobody else's endpoint may be.
    const isOurs = metadata.namespace === "default" && metadata.name === "kubernetes";
    for (const [index, endpoint] of endpoints.entries()) {
      validateEndpoint(endpoint, addressType, isOurs, root("endpoints").index(index), errors);
    }
    return errors;
  },
  validateUpdate({ addressType }, old) {
    return addressType === old.addressType ? [] : [FieldError.immutable(root("addressType"), addressType)];
  },
  warnings({ metadata, addressType, endpoints = [] }, old) {
    const said = !old && addressType === "FQDN" ? ["spec.addressType: FQDN endpoints are deprecated"] : [];
    if (controllers.has(metadata.labels?.[managedBy])) return said;
    const ofAddresses = endpoints.flatMap(({ addresses = [] }, index) =>
      addresses.flatMap((ip, i) => addressWarnings(root("endpoints").index(index).child("addresses").index(i), ip))
    );
    return [...said, ...ofAddresses];
  },
};

/** A field of an older version. */
function dropTopology({ endpoints = [] }: EndpointSlice): void {
  for (const endpoint of endpoints) delete endpoint.deprecatedTopology;
}

function validateEndpoint(
  { addresses = [], nodeName, hostname, hints = {} }: Endpoint,
  addressType: string,
  isOurs: boolean,
  path: Path,
  errors: FieldError[],
): void {
  const at = path.child("addresses");
  if (addresses.length === 0) errors.push(FieldError.required(at, "must contain at least 1 address"));
  else if (addresses.length > maxAddresses) errors.push(FieldError.tooMany(at, addresses.length, maxAddresses));
  for (const [index, address] of addresses.entries()) {
    if (addressType === "FQDN") validateDomain(address, at.index(index), errors);
    else if (addressType === "IPv4" || addressType === "IPv6") {
      validateIP(address, addressType, isOurs, at, index, errors);
    }
  }
  if (nodeName !== undefined) checkText(nodeName, path.child("nodeName"), checkDns1123Subdomain, errors);
  if (hostname !== undefined) checkText(hostname, path.child("hostname"), checkDns1123Label, errors);
  const hintsPath = path.child("hints");
  if (!validateHints(hints.forZones, checkLabelValue, hintsPath.child("forZones"), errors)) return;
  validateHints(hints.forNodes, checkDns1123Subdomain, hintsPath.child("forNodes"), errors);
}

/** What is of the other family is told of the list. */
function validateIP(
  ip: string,
  family: "IPv4" | "IPv6",
  isOurs: boolean,
  path: Path,
  index: number,
  errors: FieldError[],
): void {
  const problems = family === "IPv4" ? checkLegacyIP(ip) : checkIP(ip);
  for (const detail of problems) errors.push(FieldError.invalid(path.index(index), ip, detail));
  if (problems.length > 0) return;
  if (ip.includes(":") !== (family === "IPv6")) {
    errors.push(FieldError.invalid(path, ip, `must be an ${family} address`));
  }
  if (!isOurs) checkText(ip, path.index(index), checkEndpointIP, errors);
}

function validateDomain(text: string, path: Path, errors: FieldError[]): void {
  if (text === "") {
    errors.push(FieldError.required(path));
    return;
  }
  const name = text.replace(/\.$/, "");
  const problems = checkDns1123Subdomain(name);
  if (problems.length > 0) {
    errors.push(FieldError.invalid(path, name, problems.join(",")));
    return;
  }
  const labels = name.split(".");
  if (labels.length < 2) {
    errors.push(FieldError.invalid(path, name, "should be a domain with at least two segments separated by dots"));
    return;
  }
  for (const label of labels) {
    const wrong = checkDns1123Label(label);
    if (wrong.length > 0) errors.push(FieldError.invalid(path, label, wrong.join(",")));
  }
}

/** False when there are too many. */
function validateHints(
  hints: readonly { readonly name?: string }[] = [],
  check: (name: string) => string[],
  path: Path,
  errors: FieldError[],
): boolean {
  if (hints.length > maxHints) {
    errors.push(FieldError.tooMany(path, hints.length, maxHints));
    return false;
  }
  const seen = new Set<string>();
  for (const [index, { name = "" }] of hints.entries()) {
    const at = path.index(index).child("name");
    if (seen.has(name)) errors.push(FieldError.duplicate(at, name));
    seen.add(name);
    checkText(name, at, check, errors);
  }
  return true;
}

function validatePorts(ports: readonly EndpointPort[], path: Path, errors: FieldError[]): void {
  if (ports.length > maxPorts) {
    errors.push(FieldError.tooMany(path, ports.length, maxPorts));
    return;
  }
  const names = new Set<string>();
  for (const [index, { name = "", protocol, appProtocol }] of ports.entries()) {
    const at = path.index(index);
    if (name) checkText(name, at.child("name"), checkDns1123Label, errors);
    if (names.has(name)) errors.push(FieldError.duplicate(at.child("name"), name));
    names.add(name);
    requireOneOf(protocol, at.child("protocol"), protocols, errors);
    if (appProtocol !== undefined) checkText(appProtocol, at.child("appProtocol"), checkQualifiedName, errors);
  }
}

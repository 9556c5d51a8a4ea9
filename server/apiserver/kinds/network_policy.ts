import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkPortName, checkPortNumber } from "../../../api/meta/names.ts";
import type { IPBlock, NetworkPolicy, NetworkPolicyPort } from "../../../api/types/networking_v1.ts";
import { networkWarnings } from "./address_warnings.ts";
import { checkLegacyCIDR, isStrictlyWithin } from "./addresses.ts";
import { checkText, labelSelectorAt, requireOneOf, requireText } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

export const networkPolicyStrategy: Strategy<NetworkPolicy> = {
  generationFields: ["spec"],
  defaults({ spec }) {
    spec.policyTypes ??= spec.egress ? ["Ingress", "Egress"] : ["Ingress"];
    const rules = [...spec.ingress ?? [], ...spec.egress ?? []];
    for (const port of rules.flatMap(({ ports = [] }) => ports)) port.protocol ??= "TCP";
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    labelSelectorAt(spec.podSelector, specPath.child("podSelector"), errors);
    for (const [index, { ports = [], from = [] }] of (spec.ingress ?? []).entries()) {
      const at = specPath.child("ingress").index(index);
      validatePolicyPorts(ports, at.child("ports"), errors);
      validatePeers(from, at.child("from"), errors);
    }
    for (const [index, { ports = [], to = [] }] of (spec.egress ?? []).entries()) {
      const at = specPath.child("egress").index(index);
      validatePolicyPorts(ports, at.child("ports"), errors);
      validatePeers(to, at.child("to"), errors);
    }
    validateTypes(spec.policyTypes ?? [], specPath.child("policyTypes"), errors);
    return errors;
  },
  warnings: ({ spec }) => [
    ...(spec.ingress ?? []).flatMap(({ from = [] }, index) =>
      blockWarnings(from, specPath.child("ingress").index(index).child("from"))
    ),
    ...(spec.egress ?? []).flatMap(({ to = [] }, index) =>
      blockWarnings(to, specPath.child("egress").index(index).child("to"))
    ),
  ],
};

function validateTypes(types: readonly string[], path: Path, errors: FieldError[]): void {
  if (types.length > 2) {
    errors.push(FieldError.invalid(path, types, "may not specify more than two policyTypes"));
    return;
  }
  for (const [index, type] of types.entries()) requireOneOf(type, path.index(index), ["Ingress", "Egress"], errors);
}

function blockWarnings(peers: readonly Peer[], path: Path): string[] {
  return peers.flatMap(({ ipBlock }, index) => {
    const at = path.index(index).child("ipBlock");
    return [
      ...networkWarnings(at.child("cidr"), ipBlock?.cidr ?? ""),
      ...(ipBlock?.except ?? []).flatMap((inner, i) => networkWarnings(at.child("except").index(i), inner)),
    ];
  });
}

function validatePolicyPorts(ports: readonly NetworkPolicyPort[], path: Path, errors: FieldError[]): void {
  for (const [index, { protocol, port, endPort }] of ports.entries()) {
    const at = path.index(index);
    requireOneOf(protocol, at.child("protocol"), ["TCP", "UDP", "SCTP"], errors);
    if (typeof port === "string") checkText(port, at.child("port"), checkPortName, errors);
    else if (port !== undefined) validatePortNumber(port, at.child("port"), errors);
    if (endPort === undefined) continue;
    const last = at.child("endPort");
    if (typeof port === "number") {
      if (endPort < port) errors.push(FieldError.invalid(last, port, "must be greater than or equal to `port`"));
      validatePortNumber(endPort, last, errors);
    } else {
      const what = port === undefined ? "not specified" : "non-numeric";
      errors.push(FieldError.invalid(last, endPort, `may not be specified when \`port\` is ${what}`));
    }
  }
}

function validatePortNumber(port: number, path: Path, errors: FieldError[]): void {
  for (const detail of checkPortNumber(port)) errors.push(FieldError.invalid(path, port, detail));
}

type Peer = NonNullable<NonNullable<NetworkPolicy["spec"]["ingress"]>[number]["from"]>[number];

function validatePeers(peers: readonly Peer[], path: Path, errors: FieldError[]): void {
  for (const [index, { ipBlock, podSelector, namespaceSelector }] of peers.entries()) {
    const at = path.index(index);
    labelSelectorAt(podSelector, at.child("podSelector"), errors);
    labelSelectorAt(namespaceSelector, at.child("namespaceSelector"), errors);
    if (ipBlock && (podSelector || namespaceSelector)) {
      errors.push(FieldError.forbidden(at, "may not specify both ipBlock and another peer"));
    } else if (!ipBlock && !podSelector && !namespaceSelector) {
      errors.push(FieldError.required(at, "must specify a peer"));
    }
    if (ipBlock) validateBlock(ipBlock, at.child("ipBlock"), errors);
  }
}

function validateBlock({ cidr, except = [] }: IPBlock, path: Path, errors: FieldError[]): void {
  const at = path.child("cidr");
  if (!requireText(cidr, at, errors)) return;
  const before = errors.length;
  checkText(cidr, at, checkLegacyCIDR, errors);
  if (errors.length > before) return;
  for (const [index, inner] of except.entries()) {
    const details = checkLegacyCIDR(inner);
    if (details.length === 0 && !isStrictlyWithin(inner, cidr)) details.push("must be a strict subset of `cidr`");
    for (const detail of details) errors.push(FieldError.invalid(path.child("except").index(index), inner, detail));
  }
}

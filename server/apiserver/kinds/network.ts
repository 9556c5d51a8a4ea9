/** Ingress, IngressClass and NetworkPolicy. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkPortName, checkPortNumber } from "../../../api/meta/names.ts";
import type { Ingress, IngressBackend, NetworkPolicy, NetworkPolicyPort } from "../../../api/types/networking_v1.ts";
import { checkText, labelSelectorAt, requireOneOf, requireText } from "./checks.ts";
import { protocols } from "./container_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];

export const ingressStrategy: Strategy<Ingress> = {
  generationFields: ["spec"],
  validate({ spec }) {
    const errors: FieldError[] = [];
    if (!spec.rules?.length && !spec.defaultBackend) {
      errors.push(
        FieldError.invalid(specPath, spec.rules ?? [], "either `defaultBackend` or `rules` must be specified"),
      );
    }
    if (spec.defaultBackend) validateBackend(spec.defaultBackend, specPath.child("defaultBackend"), errors);
    for (const [index, { http }] of (spec.rules ?? []).entries()) {
      if (!http) continue;
      const at = specPath.child("rules").index(index).child("http", "paths");
      if (!http.paths?.length) errors.push(FieldError.required(at));
      for (const [i, { path = "", pathType, backend }] of (http.paths ?? []).entries()) {
        if (requireText(pathType, at.index(i).child("pathType"), errors, "pathType must be specified")) {
          requireOneOf(pathType, at.index(i).child("pathType"), pathTypes, errors);
        }
        const needsPath = pathType === "Exact" || pathType === "Prefix";
        if (needsPath && !path.startsWith("/")) {
          errors.push(FieldError.invalid(at.index(i).child("path"), path, "must be an absolute path"));
        }
        validateBackend(backend ?? {}, at.index(i).child("backend"), errors);
      }
    }
    return errors;
  },
};

function validateBackend({ service, resource }: IngressBackend, path: Path, errors: FieldError[]): void {
  if (service && resource) {
    errors.push(FieldError.invalid(path, "", "cannot set both resource and service backends"));
  } else if (service) {
    requireText(service.name, path.child("service", "name"), errors);
    const { name, number } = service.port ?? {};
    const at = path.child("service", "port");
    if (!name && !number) errors.push(FieldError.required(at, "port name or number is required"));
    else if (name && number) errors.push(FieldError.invalid(at, "", "cannot set both port name & port number"));
    else if (name) checkText(name, at.child("name"), checkPortName, errors);
    else {for (const detail of checkPortNumber(number!)) {
        errors.push(FieldError.invalid(at.child("number"), number, detail));
      }}
  } else if (!resource) errors.push(FieldError.required(path, "resource or service backend is required"));
}

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
    for (const [index, type] of (spec.policyTypes ?? []).entries()) {
      requireOneOf(type, specPath.child("policyTypes").index(index), ["Egress", "Ingress"], errors);
    }
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
    return errors;
  },
};

function validatePolicyPorts(ports: readonly NetworkPolicyPort[], path: Path, errors: FieldError[]): void {
  for (const [index, { protocol, port, endPort }] of ports.entries()) {
    const at = path.index(index);
    requireOneOf(protocol, at.child("protocol"), protocols, errors);
    if (typeof port === "string") checkText(port, at.child("port"), checkPortName, errors);
    else if (port !== undefined) {
      for (const detail of checkPortNumber(port)) errors.push(FieldError.invalid(at.child("port"), port, detail));
    }
    if (endPort !== undefined && (typeof port !== "number" || endPort < port)) {
      errors.push(FieldError.invalid(at.child("endPort"), endPort, "must be greater than or equal to `port`"));
    }
  }
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
    if (ipBlock && !/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/.test(ipBlock.cidr ?? "")) {
      const detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
      errors.push(FieldError.invalid(at.child("ipBlock", "cidr"), ipBlock.cidr ?? "", detail));
    }
  }
}

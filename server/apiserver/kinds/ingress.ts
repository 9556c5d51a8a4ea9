import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkPortName,
  checkPortNumber,
  checkWildcardSubdomain,
} from "../../../api/meta/names.ts";
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressServiceBackend,
} from "../../../api/types/networking_v1.ts";
import { addressWarnings } from "./address_warnings.ts";
import { checkLegacyIP, isAddress } from "./addresses.ts";
import { checkText, requireOneOf, requirePathSegment, requireText } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
const classAnnotation = "kubernetes.io/ingress.class";
const notAnAddress = "must be a DNS name, not an IP address";
/** Such a path would mean another one to some proxies. */
const forbiddenInPath = ["//", "/./", "/../", "%2f", "%2F"];
const forbiddenAtEnd = ["/..", "/."];

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
    for (const [index, { host, http }] of (spec.rules ?? []).entries()) {
      const at = specPath.child("rules").index(index);
      if (host) validateHost(host, at.child("host"), errors);
      if (host && isAddress(host)) errors.push(FieldError.invalid(at.child("host"), host, notAnAddress));
      if (!http) continue;
      const paths = at.child("http", "paths");
      if (!http.paths?.length) errors.push(FieldError.required(paths));
      for (const [i, path] of (http.paths ?? []).entries()) validatePath(path, paths.index(i), errors);
    }
    for (const [index, { hosts = [], secretName }] of (spec.tls ?? []).entries()) {
      const at = specPath.child("tls").index(index);
      for (const [i, host] of hosts.entries()) validateHost(host, at.child("hosts").index(i), errors);
      if (secretName) checkText(secretName, at.child("secretName"), checkDns1123Subdomain, errors);
    }
    if (spec.ingressClassName !== undefined) {
      checkText(spec.ingressClassName, specPath.child("ingressClassName"), checkDns1123Subdomain, errors);
    }
    return errors;
  },
  validateCreate({ metadata: { annotations = {} }, spec: { ingressClassName } }) {
    const annotation = annotations[classAnnotation];
    if (annotation === undefined || ingressClassName === undefined || annotation === ingressClassName) return [];
    const detail = "must match `ingressClassName` when both are specified";
    return [FieldError.invalid(root("annotations", classAnnotation), annotation, detail)];
  },
  validateStatusUpdate({ status }) {
    const errors: FieldError[] = [];
    for (const [index, { ip, hostname }] of (status?.loadBalancer?.ingress ?? []).entries()) {
      const at = root("status", "loadBalancer", "ingress").index(index);
      if (ip) checkText(ip, at.child("ip"), checkLegacyIP, errors);
      if (!hostname) continue;
      checkText(hostname, at.child("hostname"), checkDns1123Subdomain, errors);
      if (isAddress(hostname)) errors.push(FieldError.invalid(at.child("hostname"), hostname, notAnAddress));
    }
    return errors;
  },
  statusWarnings: ({ status }) =>
    (status?.loadBalancer?.ingress ?? []).flatMap(({ ip = "" }, index) =>
      addressWarnings(root("status", "loadBalancer", "ingress").index(index), ip)
    ),
  warnings: ({ metadata: { annotations = {} }, spec: { ingressClassName } }, old) =>
    !old && annotations[classAnnotation] !== undefined && ingressClassName === undefined
      ? [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
};

function validateHost(host: string, path: Path, errors: FieldError[]): void {
  checkText(host, path, host.includes("*") ? checkWildcardSubdomain : checkDns1123Subdomain, errors);
}

function validatePath({ path = "", pathType, backend }: HTTPIngressPath, at: Path, errors: FieldError[]): void {
  if (pathType === undefined) {
    return void errors.push(FieldError.required(at.child("pathType"), "pathType must be specified"));
  }
  requireOneOf(pathType, at.child("pathType"), pathTypes, errors);
  const refuse = (detail: string) => errors.push(FieldError.invalid(at.child("path"), path, detail));
  const isSpecified = pathType === "Exact" || pathType === "Prefix";
  if ((isSpecified || path !== "") && !path.startsWith("/")) refuse("must be an absolute path");
  if (isSpecified) {
    for (const part of forbiddenInPath.filter((one) => path.includes(one))) refuse(`must not contain '${part}'`);
    for (const part of forbiddenAtEnd.filter((one) => path.endsWith(one))) refuse(`cannot end with '${part}'`);
  }
  validateBackend(backend ?? {}, at.child("backend"), errors);
}

function validateBackend({ service, resource }: IngressBackend, path: Path, errors: FieldError[]): void {
  if (service && resource) {
    errors.push(FieldError.invalid(path, "", "cannot set both resource and service backends"));
  } else if (service) validateService(service, path, errors);
  else if (resource) {
    const { apiGroup, kind, name } = resource;
    const at = path.child("resource");
    if (apiGroup !== undefined) checkText(apiGroup, at.child("apiGroup"), checkDns1123Subdomain, errors);
    requirePathSegment(kind, at.child("kind"), errors);
    requirePathSegment(name, at.child("name"), errors);
  } else errors.push(FieldError.invalid(path, "", "resource or service backend is required"));
}

function validateService({ name: service, port = {} }: IngressServiceBackend, path: Path, errors: FieldError[]): void {
  const at = path.child("service");
  if (requireText(service, at.child("name"), errors)) checkText(service, at.child("name"), checkDns1123Label, errors);
  const { name, number } = port;
  if (name && number) errors.push(FieldError.invalid(path, "", "cannot set both port name & port number"));
  else if (name) checkText(name, at.child("port", "name"), checkPortName, errors);
  else if (number) {
    for (const detail of checkPortNumber(number)) {
      errors.push(FieldError.invalid(at.child("port", "number"), number, detail));
    }
  } else errors.push(FieldError.required(path, "port name or number is required"));
}

import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type { IngressClass, IngressClassParametersReference } from "../../../api/types/networking_v1.ts";
import { checkText, requireOneOf, requirePathSegment } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const maxController = 250;
const controllerPath = specPath.child("controller");
/** What may follow the domain. */
const httpPath = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

export const ingressClassStrategy: Strategy<IngressClass> = {
  generationFields: ["spec"],
  defaults({ spec }) {
    if (spec?.parameters) spec.parameters.scope ??= "Cluster";
  },
  validate({ spec: { controller = "", parameters } }) {
    const errors: FieldError[] = [];
    if (controller.length > maxController) errors.push(FieldError.tooLong(controllerPath, maxController));
    validateController(controller, errors);
    if (parameters) validateParameters(parameters, specPath.child("parameters"), errors);
    return errors;
  },
  validateUpdate: ({ spec: { controller } }, { spec: before }) =>
    controller === before.controller ? [] : [FieldError.immutable(controllerPath, controller ?? "")],
};

function validateController(controller: string, errors: FieldError[]): void {
  if (controller === "") return void errors.push(FieldError.required(controllerPath));
  const [, host = "", path = ""] = /^([^/]*)\/(.*)$/s.exec(controller) ?? [];
  if (host === "" || path === "") {
    const detail = 'must be a domain-prefixed path (such as "acme.io/foo")';
    return void errors.push(FieldError.invalid(controllerPath, controller, detail));
  }
  checkText(host, controllerPath, checkDns1123Subdomain, errors);
  if (!httpPath.test(path)) {
    errors.push(
      FieldError.invalid(controllerPath, path, `Invalid path (regex used for validation is '${httpPath.source}')`),
    );
  }
}

function validateParameters(parameters: IngressClassParametersReference, path: Path, errors: FieldError[]): void {
  const { apiGroup, kind, name, scope, namespace } = parameters;
  if (apiGroup !== undefined) checkText(apiGroup, path.child("apiGroup"), checkDns1123Subdomain, errors);
  requirePathSegment(kind, path.child("kind"), errors);
  requirePathSegment(name, path.child("name"), errors);
  requireOneOf(scope, path.child("scope"), ["Cluster", "Namespace"], errors);
  const at = path.child("namespace");
  if (scope === "Namespace") {
    if (namespace === undefined) errors.push(FieldError.required(at, "`parameters.scope` is set to 'Namespace'"));
    else checkText(namespace, at, checkDns1123Label, errors);
  } else if (scope === "Cluster" && namespace !== undefined) {
    errors.push(FieldError.forbidden(at, "`parameters.scope` is set to 'Cluster'"));
  }
}

import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { Container } from "../../../api/types/core_v1.ts";

const policies = ["Always", "Never", "OnFailure"];
const actions = ["Restart", "RestartAllContainers"];
const operators = ["In", "NotIn"];
const maxRules = 20;
const maxExitCodes = 255;

/** When a container that has ended is started again, other than its Pod says. */
export function validateRestartPolicy(
  { restartPolicy, restartPolicyRules = [] }: Container,
  path: Path,
  errors: FieldError[],
): void {
  if (restartPolicy === undefined) {
    if (restartPolicyRules.length === 0) return;
    const detail = "must specify restartPolicy when restart rules are used";
    errors.push(FieldError.required(path.child("restartPolicy"), detail));
  } else if (!policies.includes(restartPolicy)) {
    errors.push(FieldError.notSupported(path.child("restartPolicy"), restartPolicy, policies));
  }
  const rules = path.child("restartPolicyRules");
  if (restartPolicyRules.length > maxRules) {
    errors.push(FieldError.tooMany(rules, restartPolicyRules.length, maxRules));
  }
  for (const [index, { action = "", exitCodes }] of restartPolicyRules.entries()) {
    const at = rules.index(index);
    if (!actions.includes(action)) errors.push(FieldError.notSupported(at.child("action"), action, actions));
    const codes = at.child("exitCodes");
    if (!exitCodes) {
      errors.push(FieldError.required(codes, "must be specified"));
      continue;
    }
    const { operator = "", values = [] } = exitCodes;
    if (!operators.includes(operator)) {
      errors.push(FieldError.notSupported(codes.child("operator"), operator, operators));
    }
    if (values.length > maxExitCodes) {
      errors.push(FieldError.tooMany(codes.child("values"), values.length, maxExitCodes));
    }
  }
}

const resizable = ["cpu", "memory"];
const resizePolicies = ["NotRequired", "RestartContainer"];

/** Whether a container begins anew when its resources change. */
export function validateResizePolicy(
  { resizePolicy = [] }: Container,
  podRestartPolicy: string | undefined,
  path: Path,
  errors: FieldError[],
): void {
  const seen = new Set<string>();
  for (const [index, { resourceName = "", restartPolicy = "" }] of resizePolicy.entries()) {
    if (seen.has(resourceName)) errors.push(FieldError.duplicate(path.index(index), resourceName));
    seen.add(resourceName);
    for (const [value, supported] of [[resourceName, resizable], [restartPolicy, resizePolicies]] as const) {
      if (value === "") errors.push(FieldError.required(path));
      else if (!supported.includes(value)) errors.push(FieldError.notSupported(path, value, supported));
    }
    if (podRestartPolicy === "Never" && restartPolicy !== "NotRequired") {
      const detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
      errors.push(FieldError.invalid(path, restartPolicy, detail));
    }
  }
}

/** An init container that ends is never begun anew for its resources. */
export function validateInitResizePolicy(
  { resizePolicy = [], restartPolicy }: Container,
  path: Path,
  errors: FieldError[],
): void {
  if (restartPolicy === "Always") return;
  for (const [index, policy] of resizePolicy.entries()) {
    if (policy.restartPolicy !== "RestartContainer") continue;
    const detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
    errors.push(FieldError.invalid(path.index(index).child("restartPolicy"), policy.restartPolicy, detail));
  }
}

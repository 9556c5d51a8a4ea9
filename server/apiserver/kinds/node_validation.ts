import { FieldError, root } from "../../../api/meta/field.ts";
import { checkLabelValue, checkQualifiedName } from "../../../api/meta/names.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { Node } from "../../../api/types/core_v1.ts";
import { checkLegacyCIDR, isDualStack } from "./addresses.ts";
import { checkText, requireOneOf, requireText } from "./checks.ts";
import { validateAmountOf } from "./resources_validation.ts";
import { specPath, taintEffects } from "./scheduling_validation.ts";

const maxFeatureName = 253;
const featureName = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;

export function validateNode(node: Node): FieldError[] {
  const errors = [...validateTaints(node), ...validateNodeStatus(node)];
  const swap = node.status?.nodeInfo?.swap?.capacity;
  if (swap !== undefined && swap <= 0) {
    const path = root("metadata", "nodeSwapStatus", "capacity");
    errors.push(FieldError.invalid(path, swap, "must be greater than zero"));
  }
  const cidrs = node.spec.podCIDRs ?? [];
  const path = specPath.child("podCIDRs");
  for (const [index, cidr] of cidrs.entries()) checkText(cidr, path.index(index), checkLegacyCIDR, errors);
  if (cidrs.length > 2 || (cidrs.length === 2 && !isDualStack(cidrs.map((cidr) => cidr.split("/")[0]!)))) {
    errors.push(FieldError.invalid(path, cidrs, "may specify no more than one CIDR for each IP family"));
  }
  return errors;
}

/** Upstream looks for the taints in the annotations, where they once were, and calls the place by that. */
export function validateTaints({ spec: { taints = [] } }: Node): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, taint] of taints.entries()) {
    const { key = "", value = "", effect = "" } = taint;
    const path = root("metadata", "taints").index(index);
    checkText(key, path.child("key"), checkQualifiedName, errors);
    const problems = checkLabelValue(value);
    if (problems.length > 0) errors.push(FieldError.invalid(path.child("value"), value, problems.join(";")));
    if (requireText(effect, path.child("effect"), errors)) {
      requireOneOf(effect, path.child("effect"), taintEffects, errors);
    }
    if (seen.has(`${key}:${effect}`)) {
      const shown = goValue("io.k8s.api.core.v1.Taint", taint);
      errors.push(FieldError.duplicate(path, shown, "taints must be unique by key and effect pair"));
    }
    seen.add(`${key}:${effect}`);
  }
  return errors;
}

/** What an agent tells of its node. */
export function validateNodeStatus({ status = {} }: Node): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ["capacity", "allocatable"] as const) {
    for (const [name, text] of Object.entries(status[field] ?? {})) {
      validateAmountOf(name, text, root("status", field, name), errors);
    }
  }
  const features = status.declaredFeatures ?? [];
  for (const [index, name] of features.entries()) {
    const path = root("status", "declaredFeatures").index(index);
    const problem = featureProblem(name);
    if (problem) {
      errors.push(FieldError.invalid(path, name, `invalid feature name ${JSON.stringify(name)}: ${problem}`));
    }
    const before = features[index - 1];
    if (before === name) errors.push(FieldError.duplicate(path, name));
    else if (before !== undefined && before > name) {
      errors.push(FieldError.invalid(path, name, "list must be sorted alphabetically"));
    }
  }
  return errors;
}

function featureProblem(name: string): string | undefined {
  if (name.length > maxFeatureName) return `must be no more than ${maxFeatureName} characters`;
  return featureName.test(name)
    ? undefined
    : "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";
}

export function validateAddresses({ status }: Node): FieldError[] {
  const seen = new Set<string>();
  return (status?.addresses ?? []).flatMap((address, index) => {
    const key = JSON.stringify([address.type, address.address]);
    const isNew = !seen.has(key);
    seen.add(key);
    const shown = goValue("io.k8s.api.core.v1.NodeAddress", address);
    return isNew ? [] : [FieldError.duplicate(root("status", "addresses").index(index), shown)];
  });
}

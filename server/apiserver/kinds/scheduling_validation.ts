import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkQualifiedName,
} from "../../../api/meta/names.ts";
import type {
  Affinity,
  NodeSelector,
  NodeSelectorTerm,
  PodAffinityTerm,
  PodSpec,
  Toleration,
  TopologySpreadConstraint,
} from "../../../api/types/core_v1.ts";
import type { LabelSelector } from "../../../api/types/meta_v1.ts";
import { checkText, labelSelectorAt, requireOneOf, requireText } from "./checks.ts";

export const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const tolerationOperators = ["Equal", "Exists"];
const nodeOperators = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

/** What decides on which node a Pod may run. */
export function validateScheduling(spec: PodSpec, path: Path, errors: FieldError[]): void {
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    checkText(key, path.child("nodeSelector"), checkQualifiedName, errors);
    checkText(value, path.child("nodeSelector"), checkLabelValue, errors);
  }
  for (const [index, toleration] of (spec.tolerations ?? []).entries()) {
    validateToleration(toleration, path.child("tolerations").index(index), errors);
  }
  if (spec.affinity) validateAffinity(spec.affinity, path.child("affinity"), errors);
  for (const [index, constraint] of (spec.topologySpreadConstraints ?? []).entries()) {
    const at = path.child("topologySpreadConstraints").index(index);
    validateSpread(constraint, at, errors);
    const { topologyKey, whenUnsatisfiable } = constraint;
    const repeats = spec.topologySpreadConstraints!.slice(index + 1).some((other) =>
      other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable
    );
    if (repeats) {
      const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
      errors.push(FieldError.duplicate(at.child("{topologyKey, whenUnsatisfiable}"), pair));
    }
  }
}

export function validateToleration(toleration: Toleration, path: Path, errors: FieldError[]): void {
  const { key = "", operator = "Equal", value, effect, tolerationSeconds } = toleration;
  if (key) checkText(key, path.child("key"), checkQualifiedName, errors);
  if (!key && operator !== "Exists") {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(FieldError.invalid(path.child("operator"), toleration.operator ?? "", detail));
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    errors.push(
      FieldError.invalid(
        path.child("effect"),
        effect ?? "",
        "effect must be 'NoExecute' when `tolerationSeconds` is set",
      ),
    );
  }
  // Comparisons are a feature that is off, though named.
  const supported = ["Equal", "Exists", ...(operator === "Lt" || operator === "Gt" ? ["Lt", "Gt"] : [])];
  if (!tolerationOperators.includes(operator)) {
    errors.push(FieldError.notSupported(path.child("operator"), operator, supported));
  }
  if (operator === "Exists" && value) {
    errors.push(
      FieldError.invalid(path.child("operator"), value, "value must be empty when `operator` is 'Exists'"),
    );
  } else if (value && operator === "Equal") {
    const problems = checkLabelValue(value);
    if (problems.length > 0) errors.push(FieldError.invalid(path.child("operator"), value, problems.join(";")));
  }
  if (effect) requireOneOf(effect, path.child("effect"), taintEffects, errors);
}

function validateAffinity(
  { nodeAffinity, podAffinity, podAntiAffinity }: Affinity,
  path: Path,
  errors: FieldError[],
): void {
  const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required) {
    validateNodeSelector(
      required,
      path.child("nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"),
      errors,
    );
  }
  const preferred = nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const [index, { weight, preference }] of preferred.entries()) {
    const at = path.child("nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution").index(index);
    validateWeight(weight, at.child("weight"), errors);
    validateNodeTerm(preference ?? {}, at.child("preference"), errors, false);
  }
  for (const [name, affinity] of [["podAffinity", podAffinity], ["podAntiAffinity", podAntiAffinity]] as const) {
    const requiredTerms = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    for (const [index, term] of requiredTerms.entries()) {
      const at = path.child(name, "requiredDuringSchedulingIgnoredDuringExecution").index(index);
      validatePodTerm(term, at, errors);
    }
    const preferredTerms = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    for (const [index, { weight, podAffinityTerm }] of preferredTerms.entries()) {
      const at = path.child(name, "preferredDuringSchedulingIgnoredDuringExecution").index(index);
      validateWeight(weight, at.child("weight"), errors);
      validatePodTerm(podAffinityTerm, at.child("podAffinityTerm"), errors);
    }
  }
}

export function validateNodeSelector(
  { nodeSelectorTerms: terms = [] }: NodeSelector,
  path: Path,
  errors: FieldError[],
): void {
  const at = path.child("nodeSelectorTerms");
  if (terms.length === 0) errors.push(FieldError.required(at, "must have at least one node selector term"));
  for (const [index, term] of terms.entries()) validateNodeTerm(term, at.index(index), errors);
}

function validateWeight(weight: number, path: Path, errors: FieldError[]): void {
  if (weight < 1 || weight > 100) errors.push(FieldError.invalid(path, weight, "must be in the range 1-100"));
}

/** Values of a preference are no labels' to upstream. */
export function validateNodeTerm(
  term: NodeSelectorTerm,
  path: Path,
  errors: FieldError[],
  checksValues = true,
): void {
  for (const list of ["matchExpressions", "matchFields"] as const) {
    for (const [index, { key = "", operator = "", values = [] }] of (term[list] ?? []).entries()) {
      const at = path.child(list).index(index);
      if (list === "matchFields") {
        validateNodeField(key, operator, values, at, errors);
        continue;
      }
      if (!nodeOperators.includes(operator)) {
        errors.push(FieldError.invalid(at.child("operator"), operator, "not a valid selector operator"));
      }
      const expected = { Exists: 0, DoesNotExist: 0, Gt: 1, Lt: 1 }[operator];
      if ((operator === "In" || operator === "NotIn") && values.length === 0) {
        errors.push(FieldError.required(at.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"));
      } else if (expected === 0 && values.length > 0) {
        errors.push(
          FieldError.forbidden(
            at.child("values"),
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          ),
        );
      } else if (expected === 1 && values.length !== 1) {
        errors.push(
          FieldError.required(at.child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'"),
        );
      }
      checkText(key, at.child("key"), checkQualifiedName, errors);
      for (const [i, value] of values.entries()) {
        if (checksValues) checkText(value, at.child("values").index(i), checkLabelValue, errors);
      }
    }
  }
}

/** A node's name is the one field that can be asked for. */
function validateNodeField(
  key: string,
  operator: string,
  values: readonly string[],
  path: Path,
  errors: FieldError[],
): void {
  if (operator !== "In" && operator !== "NotIn") {
    errors.push(FieldError.invalid(path.child("operator"), operator, "not a valid selector operator"));
  } else if (values.length !== 1) {
    const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(FieldError.required(path.child("values"), detail));
  }
  if (key !== "metadata.name") {
    errors.push(FieldError.invalid(path.child("key"), key, "not a valid field selector key"));
    return;
  }
  for (const [index, value] of values.entries()) {
    checkText(value, path.child("values").index(index), checkDns1123Subdomain, errors);
  }
}

function validatePodTerm(term: PodAffinityTerm, path: Path, errors: FieldError[]): void {
  labelSelectorAt(term.labelSelector, path.child("labelSelector"), errors);
  labelSelectorAt(term.namespaceSelector, path.child("namespaceSelector"), errors);
  for (const name of term.namespaces ?? []) checkText(name, path.child("namespace"), checkDns1123Label, errors);
  validateLabelKeys(term, path, errors);
  requireText(term.topologyKey, path.child("topologyKey"), errors, "can not be empty");
  checkText(term.topologyKey ?? "", path.child("topologyKey"), checkQualifiedName, errors);
}

function validateSpread(constraint: TopologySpreadConstraint, path: Path, errors: FieldError[]): void {
  if ((constraint.maxSkew ?? 0) <= 0) {
    errors.push(FieldError.invalid(path.child("maxSkew"), constraint.maxSkew ?? 0, "must be greater than zero"));
  }
  requireText(constraint.topologyKey, path.child("topologyKey"), errors, "can not be empty");
  const actions = ["DoNotSchedule", "ScheduleAnyway"];
  requireOneOf(constraint.whenUnsatisfiable ?? "", path.child("whenUnsatisfiable"), actions, errors);
  const { minDomains, whenUnsatisfiable } = constraint;
  if (minDomains !== undefined && minDomains <= 0) {
    errors.push(FieldError.invalid(path.child("minDomains"), minDomains, "must be greater than zero"));
  }
  if (minDomains !== undefined && whenUnsatisfiable !== "DoNotSchedule") {
    const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable ?? ""}`;
    errors.push(FieldError.invalid(path.child("minDomains"), minDomains, detail));
  }
  for (const field of ["nodeAffinityPolicy", "nodeTaintsPolicy"] as const) {
    requireOneOf(constraint[field], path.child(field), ["Honor", "Ignore"], errors);
  }
  validateLabelKeys(constraint, path, errors);
  labelSelectorAt(constraint.labelSelector, path.child("labelSelector"), errors);
}

interface LabelKeys {
  readonly labelSelector?: LabelSelector;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

/** Labels whose values are taken from the Pod itself. Those that must match are in the selector already, and may be there but once. */
function validateLabelKeys(
  { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: LabelKeys,
  path: Path,
  errors: FieldError[],
): void {
  for (const [field, keys] of Object.entries({ matchLabelKeys, mismatchLabelKeys })) {
    const at = path.child(field);
    if (keys.length === 0) continue;
    if (!labelSelector) errors.push(FieldError.forbidden(at, "must not be specified when labelSelector is not set"));
    else for (const [index, key] of keys.entries()) checkText(key, at.index(index), checkQualifiedName, errors);
  }
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key = "" } of labelSelector?.matchExpressions ?? []) {
    const index = matchLabelKeys.lastIndexOf(key);
    if (index >= 0 && seen.has(key)) {
      errors.push(FieldError.invalid(path.index(index), key, "exists in both matchLabelKeys and labelSelector"));
    }
    seen.add(key);
  }
  for (const [index, key] of matchLabelKeys.entries()) {
    if (!mismatchLabelKeys.includes(key)) continue;
    const detail = "exists in both matchLabelKeys and mismatchLabelKeys";
    errors.push(FieldError.invalid(path.child("matchLabelKeys").index(index), key, detail));
  }
}

export const specPath: Path = root("spec");

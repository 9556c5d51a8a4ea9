import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { COUNTED_RESOURCES } from "../../../api/meta/quota_resources.ts";
import type {
  ResourceQuota,
  ResourceQuotaSpec,
  ScopedResourceSelectorRequirement,
} from "../../../api/types/core_v1.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import { nameErrors, validateAmountOf } from "./resources_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const computed = ["cpu", "memory", "ephemeral-storage"];
const ofPods: ReadonlySet<string> = new Set(
  ["cpu", "memory"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
);
/** Names that mean something without a prefix. */
const standard: ReadonlySet<string> = new Set([
  ...COUNTED_RESOURCES,
  ...computed,
  ...computed.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  "requests.storage",
]);

const hugePages = /^(requests\.)?hugepages-/;
/** A Pod simply is of them or is not; others look at values. */
const scopesOfPods: ReadonlySet<string> = new Set([
  "Terminating",
  "NotTerminating",
  "BestEffort",
  "NotBestEffort",
  "CrossNamespacePodAffinity",
]);
const scopes: ReadonlySet<string> = new Set([...scopesOfPods, "PriorityClass", "VolumeAttributesClass"]);
const contradictions = [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]];

export const resourceQuotaStrategy: Strategy<ResourceQuota> = {
  validate: ({ spec }) => {
    const errors: FieldError[] = [];
    for (const [name, text] of Object.entries(spec.hard ?? {})) {
      validateAmount(name, text, specPath.child("hard").key(name), errors);
    }
    validateScopes(spec, errors);
    for (const requirement of spec.scopeSelector?.matchExpressions ?? []) {
      validateRequirement(requirement, spec, specPath.child("scopeSelector", "matchExpressions"), errors);
    }
    const selected = (spec.scopeSelector?.matchExpressions ?? []).map(({ scopeName = "" }) => scopeName);
    requireNoContradiction(selected, spec.scopes ?? null, errors);
    return errors;
  },
  validateUpdate: ({ spec }, { spec: before }) => {
    const sorted = ({ scopes = [] }: ResourceQuotaSpec) => [...new Set(scopes)].sort();
    if (deepEqual(sorted(spec), sorted(before))) return [];
    return [FieldError.immutable(specPath.child("scopes"), spec.scopes ?? null)];
  },
  validateStatusUpdate({ status }) {
    const errors: FieldError[] = [];
    for (const field of ["hard", "used"] as const) {
      for (const [name, text] of Object.entries(status?.[field] ?? {})) {
        validateAmount(name, text, root("status", field).key(name), errors);
      }
    }
    return errors;
  },
};

function validateAmount(name: string, text: string, path: Path, errors: FieldError[]): void {
  errors.push(...nameErrors(name, path));
  if (!name.includes("/") && !standard.has(name) && !hugePages.test(name)) {
    errors.push(FieldError.invalid(path, name, "must be a standard resource for quota"));
  }
  validateAmountOf(name, text, path, errors);
}

function validateScopes({ scopes: wanted = [], hard }: ResourceQuotaSpec, errors: FieldError[]): void {
  const path = specPath.child("scopes");
  for (const scope of wanted) {
    if (!scopes.has(scope)) errors.push(FieldError.invalid(path, wanted, "unsupported scope"));
    for (const _ of misfits(scope, hard)) {
      errors.push(FieldError.invalid(path, wanted, "unsupported scope applied to resource"));
    }
  }
  requireNoContradiction(wanted, wanted, errors);
}

/** What is wrong with a selector is told of the list. */
function requireNoContradiction(
  found: readonly string[],
  wanted: readonly string[] | null,
  errors: FieldError[],
): void {
  for (const pair of contradictions) {
    if (!pair.every((scope) => found.includes(scope))) continue;
    errors.push(FieldError.invalid(specPath.child("scopes"), wanted, "conflicting scopes"));
  }
}

/** What the quota limits by a standard name and cannot be told apart by the scope. Pods that ask for nothing can only be counted. */
function misfits(scope: string, hard: ResourceQuotaSpec["hard"] = {}): string[] {
  if (!scopes.has(scope) && scope !== "CrossNamespacePodAffinity") return [];
  return Object.keys(hard).filter((name) => standard.has(name) || hugePages.test(name)).filter((name) =>
    scope === "VolumeAttributesClass"
      ? name !== "persistentvolumeclaims" && name !== "requests.storage"
      : name !== "pods" && (scope === "BestEffort" || !ofPods.has(name))
  );
}

function validateRequirement(
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
  { hard, scopeSelector }: ResourceQuotaSpec,
  path: Path,
  errors: FieldError[],
): void {
  if (!scopes.has(scopeName)) {
    errors.push(FieldError.invalid(path.child("scopeName"), scopeName, "unsupported scope"));
  }
  for (const _ of misfits(scopeName, hard)) {
    const detail = "unsupported scope applied to resource";
    errors.push(FieldError.invalid(path, goValue("io.k8s.api.core.v1.ScopeSelector", scopeSelector), detail));
  }
  if (scopesOfPods.has(scopeName) && operator !== "Exists") {
    const detail = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, " +
      "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or " +
      "ResourceQuotaScopeCrossNamespacePodAffinity";
    errors.push(FieldError.invalid(path.child("operator"), operator, detail));
  }
  if (operator === "In" || operator === "NotIn") {
    if (values.length > 0) return;
    const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    errors.push(FieldError.required(path.child("values"), detail));
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length === 0) return;
    const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    errors.push(FieldError.invalid(path.child("values"), values, detail));
  } else {
    errors.push(FieldError.invalid(path.child("operator"), operator, "not a valid selector operator"));
  }
}

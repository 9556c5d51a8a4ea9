import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { checkQualifiedName } from "../../../api/meta/names.ts";
import { COUNTED_RESOURCES } from "../../../api/meta/quota_resources.ts";
import type {
  ResourceQuota,
  ResourceQuotaSpec,
  ScopedResourceSelectorRequirement,
  ScopeSelector,
} from "../../../api/types/core_v1.ts";
import { checkText, notNegative, quantityAt } from "./checks.ts";
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

const podScopes = ["Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity"];
const scopes: ReadonlySet<string> = new Set([...podScopes, "BestEffort", "VolumeAttributesClass"]);
/** These look at values; of the others a Pod simply is or is not. */
const scopesWithValues: ReadonlySet<string> = new Set(["PriorityClass", "VolumeAttributesClass"]);
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
  checkText(name, path, checkQualifiedName, errors);
  if (!name.includes("/") && !standard.has(name) && !/^(requests\.)?hugepages-/.test(name)) {
    errors.push(FieldError.invalid(path, name, "must be a standard resource for quota"));
  }
  const quantity = quantityAt(text, path, errors);
  if (quantity === undefined) return;
  if (quantity.sign() < 0) errors.push(FieldError.invalid(path, text, notNegative));
  if (isWhole(name) && quantity.milliValue() % 1000 !== 0) {
    errors.push(FieldError.invalid(path, text, "must be an integer"));
  }
}

/** What is counted, and devices, come in ones. */
function isWhole(name: string): boolean {
  if (COUNTED_RESOURCES.includes(name)) return true;
  return name.includes("/") && !name.includes("kubernetes.io/") && !name.startsWith("requests.");
}

function validateScopes({ scopes: wanted = [], hard }: ResourceQuotaSpec, errors: FieldError[]): void {
  const path = specPath.child("scopes");
  for (const scope of wanted) {
    if (!scopes.has(scope)) errors.push(FieldError.invalid(path, wanted, "unsupported scope"));
    else if (!fits(scope, hard)) {
      errors.push(FieldError.invalid(path, wanted, "unsupported scope applied to resource"));
    }
  }
  if (contradictions.some((pair) => pair.every((scope) => wanted.includes(scope)))) {
    errors.push(FieldError.invalid(path, wanted, "conflicting scopes"));
  }
}

/** Whether all that the quota limits by a standard name can be told apart by the scope. Pods that ask for nothing can only be counted. */
function fits(scope: string, hard: ResourceQuotaSpec["hard"] = {}): boolean {
  return Object.keys(hard).filter((name) => standard.has(name)).every((name) => {
    if (scope === "VolumeAttributesClass") return name === "persistentvolumeclaims" || name === "requests.storage";
    return name === "pods" || (scope !== "BestEffort" && ofPods.has(name));
  });
}

/** By the names that upstream has in its program. */
function printed({ matchExpressions = [] }: ScopeSelector = {}): unknown {
  return {
    MatchExpressions: matchExpressions.map(({ scopeName, operator, values }) => ({
      ScopeName: scopeName,
      Operator: operator,
      Values: values ?? null,
    })),
  };
}

function validateRequirement(
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
  { hard, scopeSelector }: ResourceQuotaSpec,
  path: Path,
  errors: FieldError[],
): void {
  if (!scopes.has(scopeName)) {
    errors.push(FieldError.invalid(path.child("scopeName"), scopeName, "unsupported scope"));
  } else if (!fits(scopeName, hard)) {
    const detail = "unsupported scope applied to resource";
    errors.push(FieldError.invalid(path, printed(scopeSelector), detail));
  } else if (!scopesWithValues.has(scopeName) && operator !== "Exists") {
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

import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label } from "../../../api/meta/names.ts";
import type {
  CrossVersionObjectReference,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from "../../../api/types/autoscaling_v2.ts";
import { checkText, notNegative, quantityAt, requireOneOf, requirePathSegment, requireText } from "./checks.ts";
import { containerNameErrors } from "./resources_validation.ts";

const maxStabilizationSeconds = 3600;
const maxPeriodSeconds = 1800;
const selectPolicies = ["Disabled", "Max", "Min"];
const policyTypes = ["Percent", "Pods"];
const targetTypes = ["Utilization", "Value", "AverageValue"];

const sources = {
  object: "Object",
  external: "External",
  pods: "Pods",
  resource: "Resource",
  containerResource: "ContainerResource",
} as const;
type Source = keyof typeof sources;
const metricTypes = Object.values(sources).sort();

/** What is wrong with each source besides its target's own fields. */
const validateSource: {
  readonly [S in Source]: (source: NonNullable<MetricSpec[S]>, path: Path, errors: FieldError[]) => void;
} = {
  object({ describedObject, metric, target }, path, errors) {
    validateReference(describedObject, path.child("describedObject"), errors);
    const wrong = versionFault(describedObject?.apiVersion);
    if (wrong) {
      errors.push(FieldError.invalid(path.child("describedObject", "apiVersion"), describedObject.apiVersion, wrong));
    }
    validateMetricName(metric, path, errors);
    if (target?.value === undefined && target?.averageValue === undefined) {
      const detail = "must set either a target value or averageValue";
      errors.push(FieldError.required(path.child("target", "averageValue"), detail));
    }
  },
  external({ metric, target }, path, errors) {
    validateMetricName(metric, path, errors);
    const at = path.child("target");
    if (target?.value === undefined && target?.averageValue === undefined) {
      const detail = "must set either a target value for metric or a per-pod target";
      errors.push(FieldError.required(at.child("averageValue"), detail));
    } else if (target.value !== undefined && target.averageValue !== undefined) {
      const detail = "may not set both a target value for metric and a per-pod target";
      errors.push(FieldError.forbidden(at.child("value"), detail));
    }
  },
  pods({ metric, target }, path, errors) {
    validateMetricName(metric, path, errors);
    if (target?.averageValue === undefined) {
      const detail = "must specify a positive target averageValue";
      errors.push(FieldError.required(path.child("target", "averageValue"), detail));
    }
  },
  resource({ name, target }, path, errors) {
    requireText(name, path.child("name"), errors, "must specify a resource name");
    validateUsageTarget(target, path.child("target"), errors);
  },
  containerResource({ name, container, target }, path, errors) {
    if (requireText(name, path.child("name"), errors, "must specify a resource name")) {
      errors.push(...containerNameErrors(name, path.child("name")));
    }
    const at = path.child("container");
    if (requireText(container, at, errors, "must specify a container")) {
      checkText(container, at, checkDns1123Label, errors);
    }
    validateUsageTarget(target, path.child("target"), errors);
  },
};

/** A metric has the one source that its type names. */
export function validateMetric(metric: MetricSpec, path: Path, errors: FieldError[]): void {
  requireText(metric.type, path.child("type"), errors, "must specify a metric source type");
  // Upstream tells it twice.
  for (const type of [metric.type, metric.type]) requireOneOf(type ?? "", path.child("type"), metricTypes, errors);
  const names = Object.keys(sources) as Source[];
  const present = names.filter((name) => metric[name] !== undefined);
  const [first] = present;
  if (first !== undefined) {
    validateFirst(first, metric, path, errors);
    validateTarget(metric[first]!.target ?? { type: "" }, path.child(first, "target"), errors);
  }
  const expected = names.find((name) => sources[name] === metric.type);
  if (expected !== undefined && metric[expected] === undefined) {
    errors.push(FieldError.required(path.child(expected), "must populate information for the given metric source"));
  }
  if (present.length === 1) return;
  for (const name of present.filter((name) => name !== expected)) {
    errors.push(FieldError.forbidden(path.child(name), "must populate the given metric source only"));
  }
}

function validateFirst<S extends Source>(name: S, metric: MetricSpec, path: Path, errors: FieldError[]): void {
  validateSource[name](metric[name]!, path.child(name), errors);
}

export function validateReference(
  reference: CrossVersionObjectReference | undefined,
  path: Path,
  errors: FieldError[],
): void {
  requirePathSegment(reference?.kind, path.child("kind"), errors);
  requirePathSegment(reference?.name, path.child("name"), errors);
}

/** What is wrong with an apiVersion that may lack its group. */
export function versionFault(apiVersion = ""): string | undefined {
  return apiVersion.split("/").length > 2 ? `unexpected GroupVersion string: ${apiVersion}` : undefined;
}

function validateMetricName(metric: MetricIdentifier | undefined, path: Path, errors: FieldError[]): void {
  const at = path.child("metric", "name");
  if (metric?.name) requirePathSegment(metric.name, at, errors);
  else errors.push(FieldError.required(at, "must specify a metric name"));
}

function validateUsageTarget(target: MetricTarget | undefined, path: Path, errors: FieldError[]): void {
  const { averageUtilization, averageValue } = target ?? {};
  if (averageUtilization === undefined && averageValue === undefined) {
    const detail = "must set either a target raw value or a target utilization";
    errors.push(FieldError.required(path.child("averageUtilization"), detail));
  } else if (averageUtilization !== undefined && averageValue !== undefined) {
    const detail = "may not set both a target raw value and a target utilization";
    errors.push(FieldError.forbidden(path.child("averageValue"), detail));
  }
}

function validateTarget(target: MetricTarget, path: Path, errors: FieldError[]): void {
  const { type = "", averageUtilization } = target;
  requireText(type, path.child("type"), errors, "must specify a metric target type");
  if (!targetTypes.includes(type)) {
    errors.push(FieldError.invalid(path.child("type"), type, "must be either Utilization, Value, or AverageValue"));
  }
  for (const field of ["value", "averageValue"] as const) {
    const quantity = target[field] === undefined ? undefined : quantityAt(target[field], path.child(field), errors);
    if (quantity && quantity.sign() <= 0) {
      errors.push(FieldError.invalid(path.child(field), target[field], "must be positive"));
    }
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(FieldError.invalid(path.child("averageUtilization"), averageUtilization, "must be greater than 0"));
  }
}

/** One direction of the behaviour, its defaults filled in. */
export function validateScalingRules(rules: HPAScalingRules | undefined, path: Path, errors: FieldError[]): void {
  if (rules === undefined) return;
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  if (window !== undefined) {
    const at = path.child("stabilizationWindowSeconds");
    if (window < 0) errors.push(FieldError.invalid(at, window, "must be greater than or equal to zero"));
    requireAtMost(window, maxStabilizationSeconds, at, errors);
  }
  requireOneOf(selectPolicy, path.child("selectPolicy"), selectPolicies, errors);
  if (policies.length === 0) {
    errors.push(FieldError.required(path.child("policies"), "must specify at least one Policy"));
  }
  for (const [index, { type = "", value = 0, periodSeconds = 0 }] of policies.entries()) {
    const at = path.child("policies").index(index);
    requireOneOf(type, at.child("type"), policyTypes, errors);
    if (value <= 0) errors.push(FieldError.invalid(at.child("value"), value, "must be greater than zero"));
    if (periodSeconds <= 0) {
      errors.push(FieldError.invalid(at.child("periodSeconds"), periodSeconds, "must be greater than zero"));
    }
    requireAtMost(periodSeconds, maxPeriodSeconds, at.child("periodSeconds"), errors);
  }
  const quantity = tolerance === undefined ? undefined : quantityAt(tolerance, path.child("tolerance"), errors);
  if (quantity && quantity.sign() < 0) errors.push(FieldError.invalid(path.child("tolerance"), tolerance, notNegative));
}

function requireAtMost(value: number, limit: number, path: Path, errors: FieldError[]): void {
  if (value > limit) errors.push(FieldError.invalid(path, value, `must be less than or equal to ${limit}`));
}

import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { invalid } from "../../../api/status.ts";
import type {
  LocalSubjectAccessReview,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SubjectAccessReview,
} from "../../../api/types/authorization_v1.ts";

const spec = root("spec");
const attributes = spec.child("resourceAttributes");

/** Throws 422 for a review that asks nothing, or two things at once. */
export function requireValidReview(review: SelfSubjectAccessReview): void {
  refuse("SelfSubjectAccessReview", [...questionErrors(review), ...metadataErrors(review)]);
}

export function requireValidSubjectReview(review: SubjectAccessReview): void {
  refuse("SubjectAccessReview", [...questionErrors(review), ...subjectErrors(review), ...metadataErrors(review)]);
}

export function requireValidLocalReview(review: LocalSubjectAccessReview, namespace: string): void {
  const errors = [...questionErrors(review), ...subjectErrors(review)];
  const { namespace: own = namespace, ...metadata } = review.metadata ?? {};
  errors.push(...metadataErrors({ metadata }, "must be empty except for namespace"));
  const { resourceAttributes, nonResourceAttributes } = review.spec ?? {};
  if (resourceAttributes && (resourceAttributes.namespace ?? "") !== own) {
    const detail = "must match metadata.namespace";
    errors.push(FieldError.invalid(attributes.child("namespace"), resourceAttributes.namespace ?? "", detail));
  }
  if (nonResourceAttributes) {
    const detail = "disallowed on this kind of request";
    errors.push(FieldError.invalid(spec.child("nonResourceAttributes"), nonResourceAttributes, detail));
  }
  refuse("LocalSubjectAccessReview", errors);
}

function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: "authorization.k8s.io", kind }, "", errors);
}

function questionErrors({ spec: asked }: Pick<SelfSubjectAccessReview, "spec">): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = asked ?? {};
  if (resourceAttributes && nonResourceAttributes) {
    const detail = "cannot be specified in combination with resourceAttributes";
    return [FieldError.invalid(spec.child("nonResourceAttributes"), nonResourceAttributes, detail)];
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    return [FieldError.invalid(attributes, null, detail)];
  }
  return [
    ...selectorErrors(resourceAttributes?.fieldSelector, attributes.child("fieldSelector")),
    ...selectorErrors(resourceAttributes?.labelSelector, attributes.child("labelSelector")),
  ];
}

function selectorErrors(
  selector: ResourceAttributes["fieldSelector"] | ResourceAttributes["labelSelector"],
  path: Path,
): FieldError[] {
  if (selector === undefined) return [];
  const { rawSelector = "", requirements = [] } = selector;
  if (rawSelector !== "" && requirements.length > 0) {
    const detail = "may not specified at the same time as requirements";
    return [FieldError.invalid(path.child("rawSelector"), rawSelector, detail)];
  }
  if (rawSelector !== "" || requirements.length > 0) return [];
  const detail = `when ${path} is specified, requirements or rawSelector is required`;
  return [FieldError.required(path.child("requirements"), detail)];
}

function subjectErrors({ spec: { user, groups } = {} }: SubjectAccessReview): FieldError[] {
  if (user || groups?.length) return [];
  return [FieldError.invalid(spec.child("user"), "", "at least one of user or group must be specified")];
}

function metadataErrors({ metadata }: KubeObject, detail = "must be empty"): FieldError[] {
  const { managedFields: _, ...rest } = metadata ?? {};
  return Object.values(rest).some(isSet) ? [FieldError.invalid(root("metadata"), rest, detail)] : [];
}

/** Clients in Go may write what is empty. */
function isSet(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== "";
}

import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { checkLabelValue, checkQualifiedName } from "../../../api/meta/names.ts";
import { checkText } from "../kinds/checks.ts";
import type { FieldSelectorRequirement, LabelSelectorRequirement } from "../../../api/types/meta_v1.ts";
import { invalid } from "../../../api/status.ts";
import type {
  LocalSubjectAccessReview,
  NonResourceAttributes,
  SelfSubjectAccessReview,
  SubjectAccessReview,
} from "../../../api/types/authorization_v1.ts";

/** Of either selector. */
type Requirement = FieldSelectorRequirement | LabelSelectorRequirement;

const spec = root("spec");
const attributes = spec.child("resourceAttributes");

/** Throws 422 for a review that asks nothing, or two things at once. */
export function requireValidReview(review: SelfSubjectAccessReview): void {
  refuse([...questionErrors(review), ...metadataErrors(review)]);
}

export function requireValidSubjectReview(review: SubjectAccessReview): void {
  refuse([...questionErrors(review), ...subjectErrors(review), ...metadataErrors(review)]);
}

export function requireValidLocalReview(review: LocalSubjectAccessReview, namespace: string): void {
  const errors = [...questionErrors(review), ...subjectErrors(review)];
  const own = review.metadata?.namespace || namespace;
  errors.push(...metadataErrors(review, "must be empty except for namespace", { namespace: own }));
  const { resourceAttributes, nonResourceAttributes } = review.spec ?? {};
  if (resourceAttributes && (resourceAttributes.namespace ?? "") !== own) {
    const detail = "must match metadata.namespace";
    errors.push(FieldError.invalid(attributes.child("namespace"), resourceAttributes.namespace ?? "", detail));
  }
  if (nonResourceAttributes) {
    const detail = "disallowed on this kind of request";
    errors.push(FieldError.invalid(spec.child("nonResourceAttributes"), printed(nonResourceAttributes), detail));
  }
  refuse(errors);
}

/** Upstream names no kind here. */
function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: "authorization.k8s.io", kind: "" }, "", errors);
}

function questionErrors({ spec: asked }: Pick<SelfSubjectAccessReview, "spec">): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = asked ?? {};
  if (resourceAttributes && nonResourceAttributes) {
    const detail = "cannot be specified in combination with resourceAttributes";
    return [FieldError.invalid(spec.child("nonResourceAttributes"), printed(nonResourceAttributes), detail)];
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    return [FieldError.invalid(attributes, null, detail)];
  }
  return [
    ...selectorErrors(resourceAttributes?.fieldSelector, attributes.child("fieldSelector"), fieldErrors),
    ...selectorErrors(resourceAttributes?.labelSelector, attributes.child("labelSelector"), labelErrors),
  ];
}

/** By the names that upstream has in its program. */
function printed({ path = "", verb = "" }: NonResourceAttributes): { Path: string; Verb: string } {
  return { Path: path, Verb: verb };
}

function selectorErrors(
  selector: { readonly rawSelector?: string; readonly requirements?: readonly Requirement[] } | undefined,
  path: Path,
  ownErrors: (requirement: Requirement, path: Path) => FieldError[],
): FieldError[] {
  if (selector === undefined) return [];
  const { rawSelector = "", requirements = [] } = selector;
  if (rawSelector === "" && requirements.length === 0) {
    const detail = `when ${path} is specified, requirements or rawSelector is required`;
    return [FieldError.required(path.child("requirements"), detail)];
  }
  const detail = "may not specified at the same time as requirements";
  const both = rawSelector !== "" && requirements.length > 0
    ? [FieldError.invalid(path.child("rawSelector"), rawSelector, detail)]
    : [];
  const each = requirements.flatMap((requirement, index) =>
    ownErrors(requirement, path.child("requirements").index(index))
  );
  return [...both, ...each];
}

function fieldErrors(requirement: Requirement, path: Path): FieldError[] {
  const noKey = requirement.key ? [] : [FieldError.required(path.child("key"), "must be specified")];
  return [...noKey, ...valuesErrors(requirement, path)];
}

function labelErrors(requirement: Requirement, path: Path): FieldError[] {
  const { key = "", values = [] } = requirement;
  const errors = valuesErrors(requirement, path);
  checkText(key, path.child("key"), checkQualifiedName, errors);
  values.forEach((value, index) => checkText(value, path.child("values").index(index), checkLabelValue, errors));
  return errors;
}

/** Operators that are not known may be a newer client's. */
function valuesErrors({ operator, values = [] }: Requirement, path: Path): FieldError[] {
  const at = path.child("values");
  if ((operator === "In" || operator === "NotIn") && values.length === 0) {
    return [FieldError.required(at, "must be specified when `operator` is 'In' or 'NotIn'")];
  }
  if ((operator === "Exists" || operator === "DoesNotExist") && values.length > 0) {
    return [FieldError.forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
  }
  return [];
}

function subjectErrors({ spec: { user, groups } = {} }: SubjectAccessReview): FieldError[] {
  if (user || groups?.length) return [];
  return [FieldError.invalid(spec.child("user"), "", "at least one of user or group must be specified")];
}

/** As upstream, without what a client does not decide. `place` is shown beside what is wrong. */
function metadataErrors({ metadata }: KubeObject, detail = "must be empty", place = {}): FieldError[] {
  const {
    namespace: _n,
    managedFields: _m,
    creationTimestamp: _c,
    uid: _u,
    deletionTimestamp: _d,
    deletionGracePeriodSeconds: _g,
    ...rest
  } = metadata ?? {};
  return Object.values(rest).some(isSet) ? [FieldError.invalid(root("metadata"), { ...rest, ...place }, detail)] : [];
}

/** Clients in Go may write what is empty. */
function isSet(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== "";
}

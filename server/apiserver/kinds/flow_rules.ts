import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type {
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "../../../api/types/flowcontrol_v1.ts";
import { checkText, requireOneOf, requireText } from "./checks.ts";

const knownVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

/** What a rule of a flow schema says: whose requests, and which. */
export function validateFlowRule(rule: PolicyRulesWithSubjects, path: Path, errors: FieldError[]): void {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  if (subjects.length === 0) {
    errors.push(FieldError.required(path.child("subjects"), "subjects must contain at least one value"));
  }
  for (const [i, subject] of subjects.entries()) validateSubject(subject, path.child("subjects").index(i), errors);
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(FieldError.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  }
  for (const [i, one] of resourceRules.entries()) validateResources(one, path.child("resourceRules").index(i), errors);
  for (const [i, one] of nonResourceRules.entries()) validateUrls(one, path.child("nonResourceRules").index(i), errors);
}

/** The field that a subject of the kind fills in. */
const subjectFields = { User: "user", Group: "group", ServiceAccount: "serviceAccount" } as const;
type SubjectKind = keyof typeof subjectFields;

function validateSubject(subject: Subject, path: Path, errors: FieldError[]): void {
  const kind = subject.kind as SubjectKind;
  if (!Object.hasOwn(subjectFields, kind)) {
    return requireOneOf(subject.kind, path.child("kind"), ["Group", "ServiceAccount", "User"], errors);
  }
  for (const [other, field] of Object.entries(subjectFields)) {
    if (other === kind || subject[field] === undefined) continue;
    errors.push(FieldError.forbidden(path.child(field), `${field} is forbidden when subject kind is not '${other}'`));
  }
  const field = subjectFields[kind];
  const at = path.child(field);
  const named = subject[field];
  if (named === undefined) {
    errors.push(FieldError.required(at, `${field} is required when subject kind is '${kind}'`));
    return;
  }
  const hasName = requireText(named.name, at.child("name"), errors);
  if (!("namespace" in named)) return;
  if (hasName && named.name !== "*") checkText(named.name, at.child("name"), checkDns1123Subdomain, errors);
  if (requireText(named.namespace, at.child("namespace"), errors, "must specify namespace for service account")) {
    checkText(named.namespace, at.child("namespace"), checkDns1123Label, errors);
  }
}

/** A list of values, of which `*` stands alone; gives back whether its values are to be looked at. */
function requireList(
  values: readonly string[],
  path: Path,
  [missing, others]: readonly [missing: string, others: string],
  errors: FieldError[],
): boolean {
  if (values.length === 0) errors.push(FieldError.required(path, missing));
  const isAll = values.includes("*");
  if (isAll && values.length > 1) {
    errors.push(FieldError.invalid(path, values, `if '*' is present, must not specify other ${others}`));
  }
  return !isAll;
}

function validateVerbs(given: readonly string[], path: Path, errors: FieldError[]): void {
  const isToBeRead = requireList(given, path, ["verbs must contain at least one value", "verbs"], errors);
  if (isToBeRead && !given.every((verb) => knownVerbs.includes(verb))) {
    errors.push(FieldError.notSupported(path, given, knownVerbs));
  }
}

function validateResources(rule: ResourcePolicyRule, path: Path, errors: FieldError[]): void {
  const { verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope } = rule;
  validateVerbs(verbs, path.child("verbs"), errors);
  const groupWords = ["resource rules must supply at least one api group", "api groups"] as const;
  requireList(apiGroups, path.child("apiGroups"), groupWords, errors);
  const resourceWords = ["resource rules must supply at least one resource", "resources"] as const;
  requireList(resources, path.child("resources"), resourceWords, errors);
  if (namespaces.length === 0 && clusterScope) return;
  const missing = "resource rules that are not cluster scoped must supply at least one namespace";
  if (!requireList(namespaces, path.child("namespaces"), [missing, "namespaces"], errors)) return;
  for (const [index, namespace] of namespaces.entries()) {
    for (const problem of checkDns1123Label(namespace)) {
      const detail = `each member of this list must be '*' or a DNS-1123 label; ${problem}`;
      errors.push(FieldError.invalid(path.child("namespaces").index(index), namespace, detail));
    }
  }
}

function validateUrls({ verbs = [], nonResourceURLs = [] }: NonResourcePolicyRule, path: Path, errors: FieldError[]) {
  validateVerbs(verbs, path.child("verbs"), errors);
  const words = ["nonResourceURLs must contain at least one value", "non-resource URLs"] as const;
  if (!requireList(nonResourceURLs, path.child("nonResourceURLs"), words, errors)) return;
  for (const [index, url] of nonResourceURLs.entries()) {
    const problem = problemWithUrl(url);
    if (problem) errors.push(FieldError.invalid(path.child("nonResourceURLs").index(index), url, problem));
  }
}

/** Undefined for a path that may end in a wildcard. */
function problemWithUrl(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const [before = "", ...wildcards] = url.split("*");
  const isSuffix = wildcards.length === 0 || (wildcards.join("*") === "" && before.endsWith("/"));
  return isSuffix ? undefined : "wildcard can only do suffix matching";
}

import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import {
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
} from "../../../api/resources.ts";
import { apiVersionOf } from "../../../api/resource.ts";
import { schema } from "../../../api/schema/schema.ts";
import { invalid } from "../../../api/status.ts";
import type {
  ParamKind,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../../../api/types/admissionregistration_v1.ts";
import { MASTERS_GROUP } from "../auth/access.ts";
import type { UserInfo } from "../contract.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "./contract.ts";

const named = ({ group, resource }: { group: string; resource: string }) => `${group}/${resource}`;

/** The policies of each kind of bindings. */
const policiesOf = {
  [validatingadmissionpolicybindings.resource]: validatingadmissionpolicies,
  [mutatingadmissionpolicybindings.resource]: mutatingadmissionpolicies,
} as const;

/**
 * Nobody has a policy read for them what they may not read: who writes a policy with parameters must be allowed to read all objects of their kind, and
 * who binds one those that it is bound with.
 */
export const policyParams: AdmissionPlugin = {
  name: "PolicyParams",
  resources: [
    validatingadmissionpolicies,
    validatingadmissionpolicybindings,
    mutatingadmissionpolicies,
    mutatingadmissionpolicybindings,
  ].map(named),
  async validate(request, context) {
    const { operation, subresource, object, old, user, row } = request;
    if (operation === "DELETE" || subresource !== "" || user.groups.includes(MASTERS_GROUP)) return;
    const isBinding = Object.hasOwn(policiesOf, row.resource);
    const [now, before] = [object, old].map((one) =>
      one && (isBinding ? bound(one as Binding) : paramKind(one as Policy))
    );
    if (now === undefined || deepEqual(now, before)) return;
    const problem = isBinding
      ? await problemOfBinding(request, context)
      : await problemOfPolicy(now as ParamKind, user, context);
    if (problem === undefined) return;
    const path = root("spec", isBinding ? "paramRef" : "paramKind");
    throw invalid(row, object!.metadata.name ?? "", [FieldError.forbidden(path, problem)]);
  },
};

type Policy = ValidatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding;

function paramKind({ spec }: Policy): ParamKind | undefined {
  return spec.paramKind;
}

/** What decides about the parameters of a binding. */
function bound({ spec: { paramRef, policyName } }: Binding): object | undefined {
  return paramRef && { paramRef, policyName };
}

async function problemOfPolicy(
  kind: ParamKind,
  user: UserInfo,
  { access }: AdmissionContext,
): Promise<string | undefined> {
  const resource = { ...(resourceOf(kind) ?? everything), subresource: "", namespace: "*", name: "*" };
  if ((await access.authorize({ user, verb: "get", resource, path: "" })).allowed) return undefined;
  const what = `(kind=${kind.kind}, apiVersion=${kind.apiVersion})`;
  return `user ${printed(user)} must have "get" permission on all objects of the referenced paramKind ${what}`;
}

async function problemOfBinding(
  { object, row, user }: AdmissionRequest,
  { access, lookup }: AdmissionContext,
): Promise<string | undefined> {
  const { paramRef = {}, policyName } = (object as Binding).spec;
  const policy = lookup.find<ValidatingAdmissionPolicy>(policiesOf[row.resource]!, "", policyName);
  const kind = policy?.spec.paramKind;
  const found = kind && resourceOf(kind);
  const verb = paramRef.name ? "get" : "list";
  const { name = "", namespace = "" } = paramRef;
  const resource = { ...found ?? everything, subresource: "", namespace, name };
  if ((await access.authorize({ user, verb, resource, path: "" })).allowed) return undefined;
  const lacks = `user ${printed(user)} does not have "${verb}" permission`;
  const all = `to determine minimum required permissions and ${lacks} for all groups, versions and resources`;
  if (policy === undefined) return `unable to get policy ${policyName} ${all}`;
  return kind && !found
    ? `unable to resolve paramKind &{${kind.apiVersion} ${kind.kind}} ${all}`
    : `${lacks} on the object referenced by paramRef`;
}

const everything = { group: "*", version: "*", resource: "*" };

/** Undefined for a kind that there is not. */
function resourceOf({ apiVersion, kind }: ParamKind): typeof everything | undefined {
  const row = schema.resources().find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
  return row && { group: row.group, version: row.version, resource: row.resource };
}

/** As Go prints it. */
function printed({ name, uid = "", groups, extra = {} }: UserInfo): string {
  const entries = Object.entries(extra).toSorted().map(([key, values]) => `${key}:[${values.join(" ")}]`);
  return `&{${name} ${uid} [${groups.join(" ")}] map[${entries.join(" ")}]}`;
}

import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain } from "../../../api/meta/names.ts";
import { namespaces, resourceclaims, resourceclaimtemplates } from "../../../api/resources.ts";
import { forbidden, invalid } from "../../../api/status.ts";
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequest,
  ResourceClaim,
  ResourceClaimTemplate,
} from "../../../api/types/resource_v1.ts";
import { refusal } from "../auth/authorizer.ts";
import type { UserInfo } from "../contract.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "./contract.ts";

const adminLabel = "resource.kubernetes.io/admin-access";
const nodeName = "authentication.kubernetes.io/node-name";
const group = resourceclaims.group;

/**
 * Devices are given by who may: access as their administrator in namespaces that are labelled for it (KEP-5018), claims by who may write
 * `resourceclaims/binding`, and what is told of a device by who may write `resourceclaims/driver` of its driver.
 */
export const deviceAccess: AdmissionPlugin = {
  name: "DeviceAccess",
  resources: [resourceclaims, resourceclaimtemplates].map(({ group, resource }) => `${group}/${resource}`),
  async validate(request, context) {
    const errors: FieldError[] = [];
    const { operation, subresource, object, old } = request;
    if (operation === "CREATE") {
      const { spec } = object as ResourceClaim | ResourceClaimTemplate;
      const claim = "spec" in spec ? spec.spec : spec as ResourceClaim["spec"];
      mayAdministrate(adminRequest(claim?.devices?.requests), request, context, errors);
    } else if (operation === "UPDATE" && subresource === "status") {
      const [claim, before] = [object as ResourceClaim, old as ResourceClaim];
      if (!adminResult(before.status?.allocation)) {
        mayAdministrate(adminResult(claim.status?.allocation), request, context, errors);
      }
      await mayBind(claim, before, request, context, errors);
      await mayTell(claim, before, request, context, errors);
    }
    if (errors.length > 0) throw invalid(request.row, request.name || object?.metadata.name || "", errors);
  },
};

/** Where administrator's access is asked for first. Upstream's path, of which a part is missing. */
function adminRequest(requests: readonly DeviceRequest[] = []): Path | undefined {
  const index = requests.findIndex(({ exactly }) => exactly?.adminAccess);
  return index < 0 ? undefined : root("spec", "devices", "requests").index(index).child("adminAccess");
}

function adminResult(allocation: AllocationResult | undefined): Path | undefined {
  const index = (allocation?.devices?.results ?? []).findIndex(({ adminAccess }) => adminAccess);
  return index < 0 ? undefined : root("status", "allocation", "devices", "results").index(index).child("adminAccess");
}

function mayAdministrate(
  path: Path | undefined,
  { namespace }: AdmissionRequest,
  { lookup }: AdmissionContext,
  errors: FieldError[],
): void {
  if (path === undefined) return;
  if (lookup.find(namespaces, "", namespace)?.metadata.labels?.[adminLabel] === "true") return;
  const detail = `admin access to devices requires the \`${adminLabel}: true\` label on the containing namespace`;
  errors.push(FieldError.forbidden(path, detail));
}

async function mayBind(
  { status }: ResourceClaim,
  { status: before }: ResourceClaim,
  request: AdmissionRequest,
  context: AdmissionContext,
  errors: FieldError[],
): Promise<void> {
  const isSame = (["allocation", "reservedFor"] as const).every((field) => deepEqual(status?.[field], before?.[field]));
  if (isSame) return;
  const verb = request.verb ?? "update";
  const problem = await problemWith(request.user, verb, "binding", "", "", context);
  if (problem === undefined) return;
  const needed = `requires resource="resourceclaims/binding", verb="${verb}" permission`;
  const detail = `changing status.allocation or status.reservedFor ${needed}: ${problem}`;
  errors.push(FieldError.forbidden(root("status", "allocation"), detail));
}

async function mayTell(
  { status }: ResourceClaim,
  { status: before }: ResourceClaim,
  request: AdmissionRequest,
  context: AdmissionContext,
  errors: FieldError[],
): Promise<void> {
  // Without an allocation nothing is told any more.
  if (!status?.allocation) return;
  const verb = request.verb ?? "update";
  const isNear = nodeOf(request.user) !== undefined && nodeOf(request.user) === allocatedNode(status.allocation);
  const verbs = [...isNear ? [`associated-node:${verb}`] : [], `arbitrary-node:${verb}`];
  for (const driver of changedDrivers(status.devices ?? [], before?.devices ?? [])) {
    const problems = await Promise.all(
      verbs.map((verb) => problemWith(request.user, verb, "driver", request.namespace, driver, context)),
    );
    if (problems.includes(undefined)) continue;
    const needed = `requires resource="resourceclaims/driver", verb="[${verbs.join(" ")}]" permission`;
    errors.push(FieldError.forbidden(root("status", "devices"), `changing status.devices ${needed}: ${problems[0]}`));
  }
}

/** Why not; undefined when they may. */
async function problemWith(
  user: UserInfo,
  verb: string,
  subresource: string,
  namespace: string,
  name: string,
  { access }: AdmissionContext,
): Promise<string | undefined> {
  const resource = { group, version: "v1", resource: resourceclaims.resource, subresource, namespace, name };
  const attributes = { user, verb, resource, path: "" };
  const { allowed, reason } = await access.authorize(attributes);
  if (allowed) return undefined;
  const { detail } = refusal(attributes, reason);
  return forbidden(resourceclaims, name, detail).message;
}

/** Drivers of which something is told that was not, or no more, in their order. */
function changedDrivers(
  devices: readonly AllocatedDeviceStatus[],
  before: readonly AllocatedDeviceStatus[],
): readonly string[] {
  const changed = new Set<string>();
  for (const [some, others] of [[devices, before], [before, devices]] as const) {
    for (const device of some) if (!others.some((other) => deepEqual(other, device))) changed.add(device.driver);
  }
  return [...changed].sort();
}

/** The node on which a service account's Pod runs. */
function nodeOf({ name, extra }: UserInfo): string | undefined {
  const [node, ...more] = extra?.[nodeName] ?? [];
  if (!name.startsWith("system:serviceaccount:") || node === undefined || more.length > 0) return undefined;
  return checkDns1123Subdomain(node).length === 0 ? node : undefined;
}

/** The node to which an allocation is bound by its name. */
function allocatedNode({ nodeSelector }: AllocationResult): string | undefined {
  const [term, ...moreTerms] = nodeSelector?.nodeSelectorTerms ?? [];
  if (!term || moreTerms.length > 0 || term.matchExpressions?.length) return undefined;
  const [field, ...moreFields] = term.matchFields ?? [];
  if (!field || moreFields.length > 0 || field.key !== "metadata.name" || field.operator !== "In") return undefined;
  return field.values?.length === 1 ? field.values[0] : undefined;
}

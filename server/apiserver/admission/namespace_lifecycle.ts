import { namespaces } from "../../../api/resources.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import { forbidden, notFound, StatusError } from "../../../api/status.ts";
import type { Lookup } from "../registry/lookup.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "./contract.ts";

const immortal: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

/** Nothing is made in a namespace that is not there, or that is on its way out; and some namespaces stay for ever. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",
  mutate(request, context) {
    if (request.operation === "CREATE") requireLiving(request, context);
  },
  validate(request, context) {
    const { operation, row, name } = request;
    // Once more: an earlier plugin may have waited.
    if (operation === "CREATE") requireLiving(request, context);
    const isNamespace = row.group === "" && row.resource === namespaces.resource;
    if (operation === "DELETE" && isNamespace && immortal.has(name)) {
      throw forbidden(row, name, "this namespace may not be deleted");
    }
  },
};

function requireLiving({ namespace, row, name }: AdmissionRequest, { lookup }: AdmissionContext): void {
  const refusal = endedNamespace(row, name, namespace, lookup);
  if (refusal !== undefined) throw refusal;
}

/** Why nothing may be made in the namespace; undefined when something may. */
export function endedNamespace(
  row: ResourceRow,
  name: string,
  namespace: string,
  lookup: Lookup,
): StatusError | undefined {
  if (namespace === "") return undefined;
  const found = lookup.find(namespaces, "", namespace);
  if (found === undefined) return notFound(namespaces, namespace);
  if (found.metadata.deletionTimestamp === undefined) return undefined;
  const detail = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { status } = forbidden(row, name, detail);
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace",
  };
  return new StatusError({ ...status, details: { ...status.details, causes: [cause] } });
}

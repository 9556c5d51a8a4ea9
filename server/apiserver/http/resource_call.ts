import type { SubresourceRow } from "../../../api/schema/contract.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import { methodNotAllowed, methodNotSupported, unknownEndpoint } from "../../../api/status.ts";
import type { Registry, ResourceStore } from "../contract.ts";
import type { Call } from "./call.ts";
import type { ResourceInfo } from "./request_info.ts";

/** A call whose URL names a resource that is served, and a verb it has. */
export interface ResourceCall {
  readonly call: Call;
  readonly target: ResourceInfo;
  readonly store: ResourceStore;
  readonly row: ResourceRow;
  /** Undefined on the resource itself. */
  readonly subresource: SubresourceRow | undefined;
  /** What the body and the answer are: the resource's kind, or its subresource's. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Rejects with a 403 when the user may not do this, too, to what the URL names. */
  mayAlso(verb: string): Promise<void>;
}

/** What each form of a URL is for. Objects are deleted and made in one namespace at a time, never across all. */
const forms = {
  everywhere: ["list", "watch"],
  collection: ["list", "watch", "create", "deletecollection"],
  object: ["get", "update", "patch", "delete"],
} as const;

/** 404 for a URL that leads nowhere, 405 for a verb that it lacks. */
export function resolveResource(
  registry: Registry,
  call: Call,
  target: ResourceInfo,
  mayAlso: ResourceCall["mayAlso"],
): ResourceCall {
  const store = registry.store(target.group, target.version, target.resource);
  if (store === undefined) throw unknownEndpoint();
  const { row } = store;
  const { name, namespace, subresource } = target;
  const { verb } = call.info;
  // A Namespace's own namespace is itself.
  const inNamespace = namespace !== "" && !(row.resource === "namespaces" && row.group === "");
  const onSubresource = subresource === "" ? undefined : row.subresources.find((s) => s.name === subresource);
  if (
    (inNamespace && !row.namespaced) || (subresource !== "" && (name === "" || onSubresource === undefined)) ||
    (target.rest !== "" && subresource !== "proxy")
  ) throw unknownEndpoint();
  const verbs = onSubresource?.verbs ?? verbsAt(row, target, verb);
  if (verbs.length === 0 || (onSubresource && row.namespaced && !inNamespace)) throw unknownEndpoint();
  if (!verbs.includes(verb)) {
    throw verb === "watch" && verbs.includes("list") ? methodNotSupported(row, verb) : methodNotAllowed();
  }
  const { group, version, kind } = onSubresource ?? row;
  return {
    call,
    target: inNamespace ? target : { ...target, namespace: "" },
    store,
    row,
    subresource: onSubresource,
    apiVersion: group === "" ? version : `${group}/${version}`,
    kind,
    mayAlso,
  };
}

/** Those that the resource has at this form of URL. A list's name is its selector's; a watch may have one in its path, of old. */
function verbsAt(row: ResourceRow, { namespace, name }: ResourceInfo, verb: string): readonly string[] {
  const onObject = name !== "" && (verb === "create" || !(forms.collection as readonly string[]).includes(verb));
  const everywhere = row.namespaced && namespace === "";
  if (onObject && everywhere) return [];
  const form = onObject ? forms.object : everywhere ? forms.everywhere : forms.collection;
  return form.filter((one) => row.verbs.includes(one));
}

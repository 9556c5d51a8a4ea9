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

const acrossNamespaces = new Set(["list", "watch"]);
const onCollection = new Set([...acrossNamespaces, "deletecollection", "create"]);

/** 404 for a URL that leads nowhere, 405 for a verb that the resource lacks. */
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
  const named = onCollection.has(verb) || name !== "";
  if (
    (inNamespace && !row.namespaced) || (subresource !== "" && (name === "" || onSubresource === undefined)) ||
    (target.rest !== "" && subresource !== "proxy")
  ) throw unknownEndpoint();
  if (
    !named || (verb === "create" && name !== "" && onSubresource === undefined) ||
    (row.namespaced && namespace === "" && !acrossNamespaces.has(verb))
  ) throw methodNotAllowed();
  const verbs = onSubresource?.verbs ?? row.verbs;
  if (!verbs.includes(verb)) throw onSubresource ? methodNotAllowed() : methodNotSupported(row, verb);
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

import type { KubeObject } from "../../api/resource.ts";
import type { ResourceRow } from "../../api/schema/contract.ts";
import { badRequest } from "../../api/status.ts";

/** 400 for an object that is not the one of this place. */
export function requireIdentity(row: ResourceRow, object: KubeObject, namespace: string, name: string): void {
  if (row.namespaced) requireNamespace(object, namespace);
  requireName(object, name);
}

/** What names no namespace is of this one. */
export function requireNamespace({ metadata }: KubeObject, namespace: string): void {
  if (!metadata?.namespace || metadata.namespace === namespace) return;
  throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

export function requireName({ metadata }: KubeObject, name: string): void {
  if (!metadata?.name) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}

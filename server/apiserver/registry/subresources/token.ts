import { FieldError, root } from "../../../../api/meta/field.ts";
import { nodes, pods, secrets } from "../../../../api/resources.ts";
import { forbidden, invalid, notFound } from "../../../../api/status.ts";
import type { BoundObjectReference, TokenRequest } from "../../../../api/types/authentication_v1.ts";
import type { Pod } from "../../../../api/types/core_v1.ts";
import type { TokenRequestFacts } from "../../contract.ts";
import { cloneJson } from "../clone.ts";
import { ObjectEntry } from "../object_entry.ts";
import type { Shelf } from "../system.ts";
import { admitAction } from "./admit.ts";
import type { Creator } from "./creator.ts";

const kind = { group: "authentication.k8s.io", kind: "TokenRequest" };
const minimumSeconds = 600;
const maximumSeconds = 2 ** 32;
const defaultSeconds = 3600;

/** Makes a token for a service account, bound to a Pod, Secret or Node if the request says so. */
export const requestToken: Creator = async (shelf, context, request) => {
  const { namespace, name = "" } = request;
  const account = shelf.cache.get(namespace, name)?.object;
  if (account === undefined) throw notFound(shelf.row, name);
  const { tokenIssuer } = shelf.system;
  const asked = cloneJson(request.object as TokenRequest);
  await admitAction(shelf, context, request, asked);
  const { apiVersion, metadata, spec = { audiences: [] } } = asked;
  const { expirationSeconds = defaultSeconds, boundObjectRef } = spec;
  requireValidSeconds(name, expirationSeconds);
  const audiences = spec.audiences?.length ? spec.audiences : [...tokenIssuer.defaultAudiences];
  const bound = boundObjectRef && boundFacts(shelf, namespace, name, boundObjectRef);
  const issued = request.options.dryRun ? { token: "", expirationTimestamp: "" } : await tokenIssuer.issue({
    namespace,
    serviceAccount: { name, uid: account.metadata.uid ?? "" },
    audiences,
    expirationSeconds,
    ...bound,
  });
  const answer: TokenRequest = {
    kind: kind.kind,
    apiVersion: apiVersion ?? "authentication.k8s.io/v1",
    metadata: { ...metadata, name, namespace },
    spec: { ...spec, audiences, expirationSeconds },
    status: issued,
  };
  return new ObjectEntry(answer);
};

function requireValidSeconds(name: string, seconds: number): void {
  const path = root("spec", "expirationSeconds");
  if (seconds < minimumSeconds) {
    throw invalid(kind, name, [FieldError.invalid(path, seconds, "may not specify a duration less than 10 minutes")]);
  }
  if (seconds > maximumSeconds) {
    throw invalid(kind, name, [
      FieldError.invalid(path, seconds, "may not specify a duration larger than 2^32 seconds"),
    ]);
  }
}

/** The bound object must be there, be the one meant, and, for a Pod, run as this account. */
function boundFacts(
  { system: { lookup } }: Shelf,
  namespace: string,
  account: string,
  { kind: boundKind = "", apiVersion = "v1", name = "", uid }: BoundObjectReference,
): Pick<TokenRequestFacts, "boundObject" | "node"> {
  const finders: Readonly<Record<string, () => { metadata: { uid?: string } } | undefined>> = {
    Pod: () => lookup.find(pods, namespace, name),
    Secret: () => lookup.find(secrets, namespace, name),
    Node: () => lookup.find(nodes, "", name),
  };
  if (apiVersion !== "v1" || !Object.hasOwn(finders, boundKind)) {
    const path = root("spec", "boundObjectRef");
    const detail = `cannot bind token for serviceaccount ${
      JSON.stringify(account)
    } to object type ${apiVersion}, Kind=${boundKind}`;
    throw invalid(kind, account, [FieldError.invalid(path, boundKind, detail)]);
  }
  const resource = { group: "", resource: `${boundKind.toLowerCase()}s` };
  const object = finders[boundKind]!();
  if (object === undefined) throw notFound(resource, name);
  const actual = object.metadata.uid ?? "";
  if (uid && uid !== actual) {
    throw forbidden(
      resource,
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record (${actual})`,
    );
  }
  const boundObject = { kind: boundKind, apiVersion, name, uid: actual };
  if (boundKind !== "Pod") return { boundObject };
  const { spec } = object as Pod;
  if ((spec.serviceAccountName ?? "default") !== account) {
    throw forbidden(
      resource,
      name,
      `cannot bind token for serviceaccount ${
        JSON.stringify(account)
      } to pod running with different serviceaccount name`,
    );
  }
  const node = spec.nodeName ? lookup.find(nodes, "", spec.nodeName) : undefined;
  return { boundObject, ...(node ? { node: { name: spec.nodeName!, uid: node.metadata.uid ?? "" } } : {}) };
}

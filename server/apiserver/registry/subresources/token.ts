import { FieldError, root } from "../../../../api/meta/field.ts";
import { formatTime } from "../../../../api/meta/time.ts";
import { nodes, pods, secrets } from "../../../../api/resources.ts";
import { badRequest, conflict, invalid, notFound } from "../../../../api/status.ts";
import type { BoundObjectReference, TokenRequest } from "../../../../api/types/authentication_v1.ts";
import type { Pod } from "../../../../api/types/core_v1.ts";
import type { ObjectMeta } from "../../../../api/types/meta_v1.ts";
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
  const asked = cloneJson(request.object as TokenRequest);
  requireSamePlace(asked.metadata, namespace, name);
  await admitAction(shelf, context, request, asked);
  const account = shelf.cache.get(namespace, name)?.object;
  if (account === undefined) throw notFound(shelf.row, name);
  const { uid: accountUid = "" } = account.metadata;
  if (asked.metadata?.uid && asked.metadata.uid !== accountUid) {
    const detail =
      `the UID in the token request (${asked.metadata.uid}) does not match the UID of the service account (${accountUid})`;
    throw conflict({ group: kind.group, resource: kind.kind }, name, detail);
  }
  const { tokenIssuer, clock } = shelf.system;
  const { apiVersion, metadata, spec = { audiences: [] } } = asked;
  const { expirationSeconds = defaultSeconds, boundObjectRef } = spec;
  requireValidSeconds(expirationSeconds);
  const audiences = spec.audiences?.length ? spec.audiences : [...tokenIssuer.defaultAudiences];
  const bound = boundObjectRef && boundFacts(shelf, namespace, name, boundObjectRef);
  const creationTimestamp = formatTime(clock.now());
  const issued = await tokenIssuer.issue({
    namespace,
    serviceAccount: { name, uid: accountUid },
    audiences,
    expirationSeconds,
    ...bound,
  });
  const answer: TokenRequest = {
    kind: kind.kind,
    apiVersion: apiVersion ?? "authentication.k8s.io/v1",
    metadata: { ...metadata, name, namespace, uid: accountUid, creationTimestamp },
    spec: { ...spec, audiences, expirationSeconds },
    status: issued,
  };
  return new ObjectEntry(answer);
};

function requireSamePlace(metadata: ObjectMeta | undefined, namespace: string, name: string): void {
  for (const [field, wanted] of [["name", name], ["namespace", namespace]] as const) {
    const given = metadata?.[field];
    if (!given || given === wanted) continue;
    const detail = `must match the service account ${field} if specified`;
    throw invalid(kind, name, [FieldError.invalid(root("metadata", field), given, detail)]);
  }
}

function requireValidSeconds(seconds: number): void {
  const limit = seconds < minimumSeconds
    ? "less than 10 minutes"
    : seconds > maximumSeconds
    ? "larger than 2^32 seconds"
    : "";
  if (limit === "") return;
  const path = root("spec", "expirationSeconds");
  throw invalid(kind, "", [FieldError.invalid(path, seconds, `may not specify a duration ${limit}`)]);
}

/** The bound object must be there, be the one meant, and, for a Pod, run as this account. */
function boundFacts(
  { system: { lookup } }: Shelf,
  namespace: string,
  account: string,
  { kind: boundKind = "", apiVersion = "", name = "", uid }: BoundObjectReference,
): Pick<TokenRequestFacts, "boundObject" | "node"> {
  const finders: Readonly<Record<string, () => { metadata: { uid?: string } } | undefined>> = {
    Pod: () => lookup.find(pods, namespace, name),
    Secret: () => lookup.find(secrets, namespace, name),
    Node: () => lookup.find(nodes, "", name),
  };
  // Whichever version of them it names.
  if (apiVersion.includes("/") || !Object.hasOwn(finders, boundKind)) {
    const groupVersion = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
    throw badRequest(`cannot bind token to object of type ${groupVersion}, Kind=${boundKind}`);
  }
  if (name === "") throw badRequest("Name parameter required.");
  const object = finders[boundKind]!();
  if (object === undefined) throw notFound({ group: "", resource: `${boundKind.toLowerCase()}s` }, name);
  if (boundKind === "Pod" && ((object as Pod).spec.serviceAccountName ?? "default") !== account) {
    throw badRequest(
      `cannot bind token for serviceaccount ${
        JSON.stringify(account)
      } to pod running with different serviceaccount name.`,
    );
  }
  const actual = object.metadata.uid ?? "";
  if (uid && uid !== actual) {
    const detail =
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: "", resource: boundKind }, name, detail);
  }
  const boundObject = { kind: boundKind, apiVersion: "v1", name, uid: actual };
  const nodeName = boundKind === "Pod" ? (object as Pod).spec.nodeName : undefined;
  if (!nodeName) return { boundObject };
  // The Pod's Node may be gone already: its name says at least where the Pod was.
  return { boundObject, node: { name: nodeName, uid: lookup.find(nodes, "", nodeName)?.metadata.uid ?? "" } };
}

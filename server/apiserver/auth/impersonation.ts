import { badRequest, forbidden } from "../../../api/status.ts";
import type { UserInfo } from "../contract.ts";
import { anonymous, withAuthenticatedGroup } from "./authenticator.ts";
import { type AuthorizationAttributes, type Authorizer, refusal } from "./authorizer.ts";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const EXTRA = "impersonate-extra-";
const serviceAccount = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** True for a request that is to be carried out as someone else (`kubectl --as`). */
export function asksToImpersonate(headers: Headers): boolean {
  for (const name in headers) if (name.startsWith("impersonate-")) return true;
  return false;
}

/**
 * Who a request acts as. Each part of the other identity (user, groups, uid, extras) must be allowed to the real user with the verb `impersonate`; 403
 * names the one that is not.
 */
export async function impersonate(
  user: UserInfo,
  headers: Headers,
  path: string,
  authorizer: Authorizer,
): Promise<UserInfo> {
  const [name] = valuesOf(headers["impersonate-user"]);
  if (!name) throw badRequest("Impersonate-Group, -Uid and -Extra need the header Impersonate-User beside them");
  const groups = valuesOf(headers["impersonate-group"]).flatMap((value) => value.split(/, */)).filter(Boolean);
  const [uid] = valuesOf(headers["impersonate-uid"]);
  const extra = extraOf(headers);
  const account = serviceAccount.exec(name);
  const parts: Resource[] = [
    account
      ? { ...core, resource: "serviceaccounts", namespace: account[1]!, name: account[2]! }
      : { ...core, resource: "users", name },
    ...groups.map((group) => ({ ...core, resource: "groups", name: group })),
    ...(uid ? [{ ...authentication, resource: "uids", name: uid }] : []),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => ({ ...authentication, resource: "userextras", subresource: key, name: value }))
    ),
  ];
  for (const resource of parts) {
    const attributes = { user, verb: "impersonate", path, resource };
    const decision = await authorizer.authorize(attributes);
    if (decision.allowed) continue;
    const refused = refusal(attributes, decision.reason);
    throw forbidden(refused.resource, refused.name, refused.detail);
  }
  const implied = account && groups.length === 0
    ? ["system:serviceaccounts", `system:serviceaccounts:${account[1]}`]
    : [];
  const acting: UserInfo = {
    name,
    groups: [...groups, ...implied],
    ...(uid ? { uid } : {}),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
  if (name === anonymous.name) return groups.length > 0 ? acting : anonymous;
  return withAuthenticatedGroup(acting);
}

type Resource = NonNullable<AuthorizationAttributes["resource"]>;

const core = { group: "", version: "v1", subresource: "", namespace: "", name: "" };
const authentication = { ...core, group: "authentication.k8s.io" };

function valuesOf(header: string | string[] | undefined): string[] {
  return header === undefined ? [] : Array.isArray(header) ? header : [header];
}

function extraOf(headers: Headers): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(EXTRA)) continue;
    try {
      extra[decodeURIComponent(name.slice(EXTRA.length)).toLowerCase()] = valuesOf(value);
    } catch {
      throw badRequest(`the header ${name} has a percent sign that encodes nothing`);
    }
  }
  return extra;
}

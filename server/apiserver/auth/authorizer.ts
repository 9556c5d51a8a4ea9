import type { FieldTerm } from "../../../api/meta/field_selector.ts";
import type { Requirement } from "../../../api/meta/label_selector.ts";
import { forbidden, type GroupResource, type StatusError } from "../../../api/status.ts";
import type { UserInfo } from "../contract.ts";

/** What is to be done, by whom. */
export interface AuthorizationAttributes {
  readonly user: UserInfo;
  /** `get`, `list`, `deletecollection` …; the HTTP method in lower case outside resources. */
  readonly verb: string;
  /** Undefined for a URL that is no resource's. */
  readonly resource?: {
    readonly group: string;
    readonly version: string;
    readonly resource: string;
    readonly subresource: string;
    readonly namespace: string;
    readonly name: string;
    /** What all objects have that a list, watch or deletecollection is about, as far as that is understood; never empty. */
    readonly fieldSelector?: readonly FieldTerm[];
    readonly labelSelector?: readonly Requirement[];
  };
  readonly path: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** Nobody else is asked. A refusal without it is only that of the one who was asked: the next authorizer may allow it. */
  readonly denied?: true;
  readonly reason?: string;
  /** What kept somebody who was asked from deciding. */
  readonly error?: string;
}

/** Answers without a promise when it can. */
export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): Decision | Promise<Decision>;
}

/** It could not be found out whether somebody may do something. */
export class AuthorizationError extends Error {
  override readonly name = "AuthorizationError";
  readonly reason = "AuthorizationFailed";
}

/** Throws a 403, or an {@linkcode AuthorizationError} where those who were asked failed. */
export function mustBeAllowed(attributes: AuthorizationAttributes, decision: Decision): void {
  if (decision.allowed) return;
  if (decision.error !== undefined) throw new AuthorizationError(decision.error);
  throw forbiddenTo(attributes, decision.reason);
}

/** The 403 for who may not do something. */
export function forbiddenTo(attributes: AuthorizationAttributes, reason?: string): StatusError {
  const { resource, name, detail } = refusal(attributes, reason);
  return forbidden(resource, name, detail);
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** As upstream: no browser shall take what strangers have written for a page. */
export function withoutMarkup(text: string): string {
  return text.replace(/[&<>]/g, (sign) => escapes[sign]!);
}

/** What a refused client is told: who may not do what, where. */
export function refusal(attributes: AuthorizationAttributes, reason?: string): {
  readonly resource: GroupResource | undefined;
  readonly name: string;
  readonly detail: string;
} {
  const { resource, user, verb } = attributes;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  const why = reason ? `: ${reason}` : "";
  if (resource === undefined) {
    const path = `${who} path ${JSON.stringify(attributes.path)}`;
    return { resource: undefined, name: "", detail: `${withoutMarkup(path)}${why}` };
  }
  const what = resource.subresource === "" ? resource.resource : `${resource.resource}/${resource.subresource}`;
  const where = resource.namespace === ""
    ? "at the cluster scope"
    : `in the namespace ${JSON.stringify(resource.namespace)}`;
  return {
    resource: { group: resource.group, resource: resource.resource },
    name: resource.name,
    detail: `${
      withoutMarkup(`${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(resource.group)} ${where}`)
    }${why}`,
  };
}

import { FieldError, root } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type { StatusError } from "../../../api/status.ts";
import type { UserInfo } from "../contract.ts";
import { MASTERS_GROUP } from "./access.ts";
import { type AuthorizationAttributes, forbiddenTo } from "./authorizer.ts";
import { nodesGroup } from "./node/node_identity.ts";

/** Who a request wants to be carried out as, as its headers say. */
export interface Wanted {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** One way to be allowed to act as somebody else. */
export interface ImpersonationMode {
  /** Whether it is meant for such a one at all. */
  fits(wanted: Wanted, requester: UserInfo): boolean;
  /** What the requester must be allowed, one after the other, or the refusal of what nobody is. */
  questions(wanted: Wanted, request: AuthorizationAttributes): Iterable<AuthorizationAttributes | StatusError>;
  /** The groups of the one that is acted as, but for those that all have. */
  groupsOf(wanted: Wanted): readonly string[];
}

type Resource = NonNullable<AuthorizationAttributes["resource"]>;

const core = { group: "", version: "v1", subresource: "", namespace: "", name: "" };
const authentication = { ...core, group: "authentication.k8s.io" };
const NODE_NAME = "authentication.kubernetes.io/node-name";

/**
 * In the order in which they are asked. All but the last are those of KEP-5284: a user may be another for some requests (`impersonate-on:MODE:VERB` on what is requested) if
 * it may be that one at all (`impersonate:MODE`). The last is the one of old, for every request.
 */
export const modes: readonly ImpersonationMode[] = [
  constrained("associated-node", (wanted, requester) => {
    const node = nodeName(wanted);
    return node !== undefined && serviceAccountName(requester.name) !== undefined &&
      requester.extra?.[NODE_NAME]?.length === 1 && requester.extra[NODE_NAME][0] === node;
  }, anyAssociatedNode),
  constrained("arbitrary-node", (wanted) => nodeName(wanted) !== undefined),
  constrained("serviceaccount", (wanted) => hasOnlyName(wanted) && serviceAccountName(wanted.name) !== undefined),
  constrained("user-info", ({ name }) => nodeOf(name) === undefined && serviceAccountName(name) === undefined),
  {
    fits: () => true,
    *questions(wanted, { user, path }) {
      const ask = (resource: Resource) => ({ user, verb: "impersonate", path, resource });
      yield ask(nameOf(wanted, core));
      if (wanted.uid !== "") yield ask({ ...authentication, resource: "uids", name: wanted.uid });
      for (const group of wanted.groups) yield ask({ ...core, resource: "groups", name: group });
      yield* extraResources(wanted).map(ask);
    },
    groupsOf: groupsOf,
  },
];

function constrained(
  mode: string,
  fits: ImpersonationMode["fits"],
  asked: (attributes: AuthorizationAttributes, mode: string) => AuthorizationAttributes = (attributes) => attributes,
): ImpersonationMode {
  return {
    fits,
    *questions(wanted, request) {
      yield asked({ ...request, verb: `impersonate-on:${mode}:${request.verb}` }, mode);
      const { user, path } = request;
      const ask = (resource: Resource) => asked({ user, verb: `impersonate:${mode}`, path, resource }, mode);
      const node = nodeOf(wanted.name);
      yield ask(
        node === undefined ? nameOf(wanted, authentication) : { ...authentication, resource: "nodes", name: node },
      );
      if (wanted.uid !== "") yield ask({ ...authentication, resource: "uids", name: wanted.uid });
      yield* groupQuestions(wanted, ask);
      yield* extraQuestions(wanted, ask);
    },
    groupsOf: (wanted) => nodeOf(wanted.name) === undefined ? groupsOf(wanted) : [nodesGroup],
  };
}

type Ask = (resource: Resource) => AuthorizationAttributes;

function* groupQuestions({ groups }: Wanted, ask: Ask): Generator<AuthorizationAttributes | StatusError> {
  const all = { ...authentication, resource: "groups" };
  if (groups.includes("")) yield forbiddenTo(ask(all), "impersonating the empty string group is not allowed");
  if (groups.includes(MASTERS_GROUP)) {
    const detail = `impersonating the ${MASTERS_GROUP} group is not allowed`;
    yield forbiddenTo(ask({ ...all, name: MASTERS_GROUP }), detail);
  }
  for (const group of groups) yield ask({ ...all, name: group });
}

function* extraQuestions(wanted: Wanted, ask: Ask): Generator<AuthorizationAttributes | StatusError> {
  const problem = Object.entries(wanted.extra).map(extraProblem).find((one) => one !== undefined);
  if (problem !== undefined) yield forbiddenTo(ask({ ...authentication, resource: "userextras" }), problem);
  yield* extraResources(wanted).map(ask);
}

function extraProblem([key, values]: readonly [string, readonly string[]]): string | undefined {
  if (key === "") return "impersonating the empty string key in extra is not allowed";
  const wrong = prefixedPathError(key);
  if (wrong !== undefined) return `impersonating an invalid key in extra is not allowed: ${wrong}`;
  if (key !== key.toLowerCase()) {
    return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`;
  }
  return values.includes("") ? "impersonating the empty string value in extra is not allowed" : undefined;
}

function prefixedPathError(key: string): FieldError | undefined {
  const path = root("extra", "key");
  const slash = key.indexOf("/");
  if (slash <= 0 || slash === key.length - 1) {
    return FieldError.invalid(path, key, 'must be a domain-prefixed path (such as "acme.io/foo")');
  }
  const [problem] = checkDns1123Subdomain(key.slice(0, slash));
  return problem === undefined ? undefined : FieldError.invalid(path, key.slice(0, slash), problem);
}

function extraResources({ extra }: Wanted): Resource[] {
  return Object.entries(extra).flatMap(([key, values]) =>
    values.map((name) => ({ ...authentication, resource: "userextras", subresource: key, name }))
  );
}

function nameOf({ name }: Wanted, group: typeof core): Resource {
  const account = serviceAccountName(name);
  return account === undefined
    ? { ...group, resource: "users", name }
    : { ...group, resource: "serviceaccounts", ...account };
}

function groupsOf({ name, groups }: Wanted): readonly string[] {
  const account = groups.length === 0 ? serviceAccountName(name) : undefined;
  return account === undefined ? groups : ["system:serviceaccounts", `system:serviceaccounts:${account.namespace}`];
}

/** One answer for all nodes that a service account can be on: it is not asked which one that is. */
function anyAssociatedNode(attributes: AuthorizationAttributes, mode: string): AuthorizationAttributes {
  const { user, verb, resource } = attributes;
  const keys = Object.keys(user.extra ?? {}).toSorted();
  return {
    ...attributes,
    user: { ...user, extra: { "authentication.kubernetes.io/associated-node-keys": keys } },
    ...(resource && verb === `impersonate:${mode}` ? { resource: { ...resource, name: "*" } } : {}),
  };
}

export function hasOnlyName({ uid, groups, extra }: Wanted): boolean {
  return uid === "" && groups.length === 0 && Object.keys(extra).length === 0;
}

function nodeName(wanted: Wanted): string | undefined {
  return hasOnlyName(wanted) ? nodeOf(wanted.name) : undefined;
}

function nodeOf(user: string): string | undefined {
  const name = user.startsWith("system:node:") ? user.slice("system:node:".length) : "";
  return name !== "" && checkDns1123Subdomain(name).length === 0 ? name : undefined;
}

/** Undefined for whom is no service account. */
function serviceAccountName(user: string): { readonly namespace: string; readonly name: string } | undefined {
  const [system, kind, namespace = "", name = "", ...rest] = user.split(":");
  if (system !== "system" || kind !== "serviceaccount" || rest.length > 0) return undefined;
  if (checkDns1123Label(namespace).length > 0 || checkDns1123Subdomain(name).length > 0) return undefined;
  return { namespace, name };
}

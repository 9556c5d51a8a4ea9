import type { PolicyRule, RoleRef } from "../../../api/types/rbac_v1.ts";
import type { Registry, UserInfo } from "../contract.ts";
import { Rbac, type UserRules } from "../rbac/rbac.ts";
import type { AuthorizationAttributes, Authorizer, Decision } from "./authorizer.ts";
import { NodeGraph } from "./node/node_graph.ts";
import { nodeNameOf } from "./node/node_identity.ts";
import { nodeAuthorizer } from "./node/node_authorizer.ts";

export const MASTERS_GROUP = "system:masters";

/** Who may do what, and why. */
export interface Access extends Authorizer {
  /** What a user may do in a namespace, or everywhere when it is `""`, as far as the authorizers can list it. */
  rulesOf(user: UserInfo, namespace: string): UserRules;
  /** Undefined when there is no such role. */
  rulesOfRole(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined;
}

/** One way to decide, in the order in which they are asked; the first that allows, or denies, decides. */
export type AuthorizerSetup =
  | { readonly type: "Node" }
  | { readonly type: "RBAC" }
  | { readonly type: "Webhook"; readonly authorizer: Authorizer; readonly close: () => void }
  | { readonly type: "AlwaysAllow" }
  | { readonly type: "AlwaysDeny" };

const usual: readonly AuthorizerSetup[] = [{ type: "Node" }, { type: "RBAC" }];

/** Administrators may do everything; else nodes what nodes need, and everyone what their roles allow, unless it is set up otherwise. */
export class AccessControl implements Access {
  readonly #rbac = new Rbac();
  #setup: readonly AuthorizerSetup[];
  #graph: NodeGraph | undefined;
  #authorizers: readonly Authorizer[] = [];

  constructor(setup: readonly AuthorizerSetup[] = usual) {
    this.#setup = setup;
  }

  /** Until then only administrators are let in. */
  async follow(registry: Registry): Promise<void> {
    const graph = new NodeGraph(registry);
    this.#graph = graph;
    await this.#rbac.follow(registry);
    this.#authorizers = this.#authorizersOf(graph);
  }

  /** Takes other authorizers from the next request on. */
  replace(setup: readonly AuthorizerSetup[]): void {
    const before = this.#setup;
    this.#setup = setup;
    if (this.#graph !== undefined) this.#authorizers = this.#authorizersOf(this.#graph);
    closeWebhooks(before);
  }

  close(): void {
    this.#rbac.close();
    this.#graph?.close();
    closeWebhooks(this.#setup);
  }

  #authorizersOf(graph: NodeGraph): readonly Authorizer[] {
    return this.#setup.map((one): Authorizer => {
      if (one.type === "Webhook") return one.authorizer;
      if (one.type === "Node") return nodeAuthorizer(graph);
      if (one.type === "RBAC") return this.#rbac;
      return { authorize: () => ({ allowed: one.type === "AlwaysAllow" }) };
    });
  }

  authorize(attributes: AuthorizationAttributes): Decision | Promise<Decision> {
    if (attributes.user.groups.includes(MASTERS_GROUP)) return allowed;
    return this.#ask(attributes, 0, refused);
  }

  rulesOf(user: UserInfo, namespace: string): UserRules {
    const each = this.#setup.map(({ type }): UserRules => {
      if (type === "RBAC") return this.#rbac.rulesOf(user, namespace);
      if (type === "AlwaysAllow") return { rules: everything, problems: [] };
      const cannotTell = type === "Webhook" || (type === "Node" && nodeNameOf(user) !== undefined);
      return {
        rules: [],
        problems: cannotTell ? [`${type.toLowerCase()} authorizer does not support user rule resolution`] : [],
      };
    });
    return { rules: each.flatMap(({ rules }) => rules), problems: each.flatMap(({ problems }) => problems) };
  }

  rulesOfRole(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return this.#rbac.rulesOfRole(roleRef, namespace);
  }

  /** Those from `index` on; `before` is why the ones before them had no opinion. */
  #ask(attributes: AuthorizationAttributes, index: number, before: Decision): Decision | Promise<Decision> {
    const authorizer = this.#authorizers[index];
    if (authorizer === undefined) return before;
    const settle = (decision: Decision) => {
      if (decision.allowed || decision.denied) return decision;
      return this.#ask(attributes, index + 1, bothRefused(before, decision));
    };
    const answer = authorizer.authorize(attributes);
    return answer instanceof Promise ? answer.then(settle) : settle(answer);
  }
}

function bothRefused(one: Decision, other: Decision): Decision {
  const reason = joined("\n", one.reason, other.reason);
  const error = joined(", ", one.error, other.error);
  if (reason === undefined && error === undefined) return refused;
  return { allowed: false, ...(reason ? { reason } : {}), ...(error ? { error } : {}) };
}

function joined(separator: string, one = "", other = ""): string | undefined {
  return one === "" || other === "" ? one || other || undefined : `${one}${separator}${other}`;
}

function closeWebhooks(setup: readonly AuthorizerSetup[]): void {
  for (const one of setup) if (one.type === "Webhook") one.close();
}

const everything: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];
const refused: Decision = { allowed: false };
const allowed: Decision = { allowed: true };

/** For a registry that nobody but administrators works with. */
export const mastersOnly: Access = {
  authorize: ({ user }) => user.groups.includes(MASTERS_GROUP) ? allowed : { allowed: false },
  rulesOf: () => ({ rules: [], problems: [] }),
  rulesOfRole: () => undefined,
};

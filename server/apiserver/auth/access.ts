import type { PolicyRule, RoleRef } from "../../../api/types/rbac_v1.ts";
import type { Registry, UserInfo } from "../contract.ts";
import { Rbac, type UserRules } from "../rbac/rbac.ts";
import type { AuthorizationAttributes, Authorizer, Decision } from "./authorizer.ts";
import { NodeGraph } from "./node/node_graph.ts";
import { nodeAuthorizer } from "./node/node_authorizer.ts";

export const MASTERS_GROUP = "system:masters";

/** Who may do what, and why. */
export interface Access extends Authorizer {
  /** What roles give a user in a namespace, or everywhere when it is `""`. */
  rulesOf(user: UserInfo, namespace: string): UserRules;
  /** Undefined when there is no such role. */
  rulesOfRole(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined;
}

/** Administrators may do everything; else nodes what nodes need, and everyone what their roles allow. */
export class AccessControl implements Access {
  readonly #rbac = new Rbac();
  #graph: NodeGraph | undefined;
  #nodes: Authorizer | undefined;

  /** Until then only administrators are let in. */
  async follow(registry: Registry): Promise<void> {
    this.#graph = new NodeGraph(registry);
    this.#nodes = nodeAuthorizer(this.#graph);
    await this.#rbac.follow(registry);
  }

  close(): void {
    this.#rbac.close();
    this.#graph?.close();
  }

  authorize(attributes: AuthorizationAttributes): Decision | Promise<Decision> {
    if (attributes.user.groups.includes(MASTERS_GROUP)) return allowed;
    const ofNode = this.#nodes?.authorize(attributes);
    if (ofNode instanceof Promise) return ofNode.then((decision) => this.#withRoles(attributes, decision));
    return this.#withRoles(attributes, ofNode);
  }

  rulesOf(user: UserInfo, namespace: string): UserRules {
    return this.#rbac.rulesOf(user, namespace);
  }

  rulesOfRole(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return this.#rbac.rulesOfRole(roleRef, namespace);
  }

  #withRoles(attributes: AuthorizationAttributes, before: Decision | undefined): Decision {
    if (before?.allowed) return before;
    const decision = this.#rbac.authorize(attributes);
    if (decision.allowed || !before?.reason) return decision;
    return { allowed: false, reason: decision.reason ? `${before.reason}\n${decision.reason}` : before.reason };
  }
}

const allowed: Decision = { allowed: true };

/** For a registry that nobody but administrators works with. */
export const mastersOnly: Access = {
  authorize: ({ user }) => user.groups.includes(MASTERS_GROUP) ? allowed : { allowed: false },
  rulesOf: () => ({ rules: [], problems: [] }),
  rulesOfRole: () => undefined,
};

import { rolebindings } from "../../../../api/resources.ts";
import type { Client } from "../../../../client/client.ts";
import type { UserInfo } from "../../contract.ts";
import { createInProcessClient } from "../../in_process.ts";
import { ensurePolicy } from "../../rbac/bootstrap/ensure_policy.ts";
import { TestRegistry } from "../../registry/_testing.ts";
import { AccessControl } from "../access.ts";
import { accessReviews } from "../access_reviews.ts";
import { withAuthenticatedGroup } from "../authenticator.ts";
import { nodesGroup } from "../node/node_identity.ts";

/** A registry with the default roles, whose admission asks them. */
export class SecuredRegistry implements AsyncDisposable {
  readonly test: TestRegistry;
  readonly access: AccessControl;

  private constructor(test: TestRegistry, access: AccessControl) {
    this.test = test;
    this.access = access;
  }

  static async open(): Promise<SecuredRegistry> {
    const access = new AccessControl();
    const reviews = { ...accessReviews(access), authenticate: () => Promise.resolve(undefined) };
    const test = await TestRegistry.open({ access, reviews });
    await access.follow(test.registry);
    for (const name of ["kube-system", "kube-public", "kube-node-lease", "team"]) await test.addNamespace(name);
    await ensurePolicy(test.client);
    return new SecuredRegistry(test, access);
  }

  get admin(): Client {
    return this.test.client;
  }

  /** Nothing but admission asks who it is. */
  clientOf(user: UserInfo): Client {
    return createInProcessClient(this.test.registry, user);
  }

  /** Binds a ClusterRole in the namespace `team`. */
  async bind(name: string, clusterRole: string): Promise<UserInfo> {
    await this.admin.create(rolebindings, {
      metadata: { name, namespace: "team" },
      roleRef: { kind: "ClusterRole", name: clusterRole },
      subjects: [{ kind: "User", name }],
    });
    return userNamed(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.access.close();
    await this.test[Symbol.asyncDispose]();
  }
}

export function userNamed(name: string, ...groups: string[]): UserInfo {
  return withAuthenticatedGroup({ name, groups });
}

export function nodeNamed(name: string): UserInfo {
  return userNamed(`system:node:${name}`, nodesGroup);
}

import type { KubeObject, Resource } from "../../../api/resource.ts";
import { clusterrolebindings, clusterroles, rolebindings, roles } from "../../../api/resources.ts";
import type { PolicyRule, Role, RoleBinding, RoleRef } from "../../../api/types/rbac_v1.ts";
import type { AuthorizationAttributes, Authorizer, Decision } from "../auth/authorizer.ts";
import type { Registry, UserInfo, WatchedEvent } from "../contract.ts";
import { HeldRules } from "./held_rules.ts";
import { type Grants, RoleIndex } from "./role_index.ts";

export interface UserRules {
  readonly rules: readonly PolicyRule[];
  /** Why there may be more: bindings to roles that are not there. */
  readonly problems: readonly string[];
}

/** What a user is allowed in one namespace, with the answers that were given before. */
interface Scope {
  readonly grants: Grants;
  readonly held: HeldRules;
  readonly decisions: Map<string, Decision>;
}

/** Users times namespaces, and different questions of each, whose answers are kept until a role or binding changes. */
const maxScopes = 1024;
const maxDecisions = 512;

/** Roles and their bindings: the authorizer over them, always as new as the registry's cache. */
export class Rbac implements Authorizer {
  readonly #index = new RoleIndex();
  readonly #scopes = new Map<string, Scope>();
  readonly #userKeys = new WeakMap<UserInfo, string>();
  #stop: (() => void)[] = [];

  /** Takes over what the registry holds, and every change of it from now on. */
  async follow(registry: Registry): Promise<void> {
    const { setRole, setBinding } = {
      setRole: (namespace: string, name: string, role: KubeObject | undefined) =>
        this.#index.setRole(namespace, name, role && ((role as Role).rules ?? [])),
      setBinding: (namespace: string, name: string, binding: KubeObject | undefined) =>
        this.#index.setBinding(namespace, name, binding as RoleBinding | undefined),
    };
    await Promise.all([
      this.#watch(registry, clusterroles, setRole),
      this.#watch(registry, roles, setRole),
      this.#watch(registry, clusterrolebindings, setBinding),
      this.#watch(registry, rolebindings, setBinding),
    ]);
  }

  close(): void {
    for (const stop of this.#stop.splice(0)) stop();
  }

  authorize(attributes: AuthorizationAttributes): Decision {
    const { user, resource, verb, path } = attributes;
    const scope = this.#scopeOf(user, resource?.namespace ?? "");
    const { decisions } = scope;
    const key = resource === undefined
      ? `#${verb.length}/${verb}${path}`
      // Lengths first: no two questions can be the same text, whatever characters a URL brings.
      : `/${verb.length}/${resource.group.length}/${resource.resource.length}/${resource.subresource.length}/${verb}${resource.group}${resource.resource}${resource.subresource}${resource.name}`;
    const known = decisions.get(key);
    if (known !== undefined) return known;
    const decision = decide(scope, attributes);
    if (decisions.size >= maxDecisions) decisions.clear();
    decisions.set(key, decision);
    return decision;
  }

  rulesOf(user: UserInfo, namespace: string): UserRules {
    const { grants: { found, problems } } = this.#scopeOf(user, namespace);
    return { rules: found.flatMap(({ rules }) => rules), problems };
  }

  /** Undefined when there is no such role. */
  rulesOfRole(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return this.#index.rulesOfRole(roleRef, namespace);
  }

  async #watch(
    registry: Registry,
    { group, version, resource }: Resource,
    set: (namespace: string, name: string, object: KubeObject | undefined) => void,
  ): Promise<void> {
    const context = { user: { name: "system:apiserver", groups: [] }, warn: () => {} };
    const request = { namespace: "", allowWatchBookmarks: false, resourceVersion: "0" };
    const handle = await registry.store(group, version, resource)!.watch(context, request, (event: WatchedEvent) => {
      if (event.type === "BOOKMARK") return;
      const { namespace, name } = event.entry;
      set(namespace, name, event.type === "DELETED" ? undefined : event.entry.object);
      this.#scopes.clear();
    });
    this.#stop.push(() => handle.close());
  }

  #scopeOf(user: UserInfo, namespace: string): Scope {
    const key = `${namespace.length}:${namespace}${this.#keyOf(user)}`;
    const known = this.#scopes.get(key);
    if (known !== undefined) return known;
    if (this.#scopes.size >= maxScopes) this.#scopes.delete(this.#scopes.keys().next().value!);
    const grants = this.#index.grantsOf(user, namespace);
    const scope = { grants, held: new HeldRules(grants.found), decisions: new Map<string, Decision>() };
    this.#scopes.set(key, scope);
    return scope;
  }

  /** The same text for two users only if they are the same to every binding. */
  #keyOf(user: UserInfo): string {
    let key = this.#userKeys.get(user);
    if (key === undefined) {
      key = [user.name, ...user.groups].map((part) => `${part.length}:${part}`).join("");
      this.#userKeys.set(user, key);
    }
    return key;
  }
}

function decide({ grants: { problems }, held }: Scope, attributes: AuthorizationAttributes): Decision {
  const grant = held.allowing(attributes);
  if (grant !== undefined) return { allowed: true, reason: `RBAC: allowed by ${grant.source()}` };
  if (problems.length === 0) return { allowed: false };
  return { allowed: false, reason: `RBAC: ${problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`}` };
}

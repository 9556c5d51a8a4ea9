import type { PolicyRule, RoleBinding, RoleRef, Subject } from "../../../api/types/rbac_v1.ts";
import type { UserInfo } from "../contract.ts";

/** Rules that a user has, and by which binding. */
export interface Grant {
  readonly rules: readonly PolicyRule[];
  /** For people. */
  readonly source: () => string;
}

export interface Grants {
  readonly found: readonly Grant[];
  /** Of bindings to roles that are not there. */
  readonly problems: readonly string[];
}

interface Held {
  readonly binding: RoleBinding;
  readonly subject: Subject;
}

/** Bindings by their name. */
type Bindings = Map<string, Held>;

/**
 * Roles by name and bindings by whom they name, so that what a user has is found without a look at the bindings of others. The namespace
 * `""` stands for ClusterRoles and ClusterRoleBindings.
 */
export class RoleIndex {
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  /** By namespace, then by subject. */
  readonly #bindings = new Map<string, Map<string, Bindings>>();
  readonly #known = new Map<string, RoleBinding>();

  setRole(namespace: string, name: string, rules: readonly PolicyRule[] | undefined): void {
    if (rules === undefined) this.#roles.delete(`${namespace}/${name}`);
    else this.#roles.set(`${namespace}/${name}`, rules);
  }

  setBinding(namespace: string, name: string, binding: RoleBinding | undefined): void {
    const key = `${namespace}/${name}`;
    const before = this.#known.get(key);
    if (before !== undefined) this.#forget(namespace, name, before);
    if (binding === undefined) {
      this.#known.delete(key);
      return;
    }
    this.#known.set(key, binding);
    for (const subject of binding.subjects ?? []) {
      const subjectKey = keyOfSubject(subject, namespace);
      if (subjectKey === undefined) continue;
      const held = getOrAdd(
        getOrAdd(this.#bindings, namespace, () => new Map<string, Bindings>()),
        subjectKey,
        (): Bindings => new Map(),
      );
      // Of several subjects that are the same user the first is named.
      if (!held.has(name)) held.set(name, { binding, subject });
    }
  }

  /** Undefined when there is no such role. */
  rulesOfRole({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(`${kind === "Role" ? namespace : ""}/${name}`);
  }

  /** What the user has in a namespace, or everywhere when it is `""`. */
  grantsOf({ name, groups }: UserInfo, namespace: string): Grants {
    const found: Grant[] = [];
    const problems: string[] = [];
    const keys = [userKey(name), ...new Set(groups.map(groupKey))];
    for (const scope of namespace === "" ? [""] : ["", namespace]) {
      const bindings = this.#bindings.get(scope);
      const seen = new Set<RoleBinding>();
      for (const key of bindings === undefined ? [] : keys) {
        for (const held of bindings?.get(key)?.values() ?? []) {
          if (seen.has(held.binding)) continue;
          seen.add(held.binding);
          const rules = this.rulesOfRole(held.binding.roleRef, scope);
          if (rules === undefined) problems.push(missingRole(held.binding.roleRef));
          else found.push({ rules, source: () => describe(held, scope) });
        }
      }
    }
    return { found, problems };
  }

  #forget(namespace: string, name: string, { subjects }: RoleBinding): void {
    const ofNamespace = this.#bindings.get(namespace);
    if (ofNamespace === undefined) return;
    for (const subject of subjects ?? []) {
      const key = keyOfSubject(subject, namespace);
      const held = key === undefined ? undefined : ofNamespace.get(key);
      if (held?.delete(name) && held.size === 0) ofNamespace.delete(key!);
    }
    if (ofNamespace.size === 0) this.#bindings.delete(namespace);
  }
}

function userKey(name: string): string {
  return `u:${name}`;
}

function groupKey(name: string): string {
  return `g:${name}`;
}

/** Undefined for a subject that can be nobody. */
function keyOfSubject({ kind, name, namespace: own }: Subject, bindingNamespace: string): string | undefined {
  if (kind === "User") return userKey(name);
  if (kind === "Group") return groupKey(name);
  const namespace = own || bindingNamespace;
  return kind === "ServiceAccount" && namespace !== ""
    ? userKey(`system:serviceaccount:${namespace}:${name}`)
    : undefined;
}

export function missingRole({ kind, name }: RoleRef): string {
  return `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;
}

/** The order of name and namespace is upstream's. */
function describe({ binding: { metadata, roleRef }, subject }: Held, namespace: string): string {
  const kind = namespace === "" ? "ClusterRoleBinding" : "RoleBinding";
  const name = namespace === "" ? metadata.name : `${metadata.name}/${namespace}`;
  const who = subject.kind === "ServiceAccount" ? `${subject.name}/${subject.namespace || namespace}` : subject.name;
  return `${kind} ${JSON.stringify(name)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject.kind} ${
    JSON.stringify(who)
  }`;
}

function getOrAdd<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = make());
  return value;
}

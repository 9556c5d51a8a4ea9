import type { PolicyRule } from "../../../api/types/rbac_v1.ts";
import type { Grant } from "./role_index.ts";
import { type Act, ruleAllows } from "./rules.ts";

interface Held {
  readonly rule: PolicyRule;
  readonly grant: Grant;
}

/** Up to so many rules it is quicker to look at each. */
const few = 64;

/** The rules that a user has in one place, found by the resources they name when they are many. */
export class HeldRules {
  readonly #all: readonly Held[];
  readonly #byResource: ReadonlyMap<string, readonly Held[]> | undefined;

  constructor(grants: readonly Grant[]) {
    this.#all = grants.flatMap((grant) => grant.rules.map((rule) => ({ rule, grant })));
    if (this.#all.length > few) this.#byResource = indexed(this.#all);
  }

  /** One that lets it happen. */
  allowing(act: Act): Grant | undefined {
    for (const candidates of this.#candidates(act)) {
      for (const { rule, grant } of candidates) if (ruleAllows(rule, act)) return grant;
    }
    return undefined;
  }

  *#candidates({ resource }: Act): Iterable<readonly Held[]> {
    const index = this.#byResource;
    if (index === undefined || resource === undefined) return yield this.#all;
    const { resource: kind, subresource } = resource;
    yield index.get(subresource === "" ? kind : `${kind}/${subresource}`) ?? [];
    yield index.get("*") ?? [];
    if (subresource !== "") yield index.get(`*/${subresource}`) ?? [];
  }
}

function indexed(all: readonly Held[]): Map<string, Held[]> {
  const index = new Map<string, Held[]>();
  for (const held of all) {
    for (const resource of held.rule.resources ?? []) {
      const known = index.get(resource);
      if (known) known.push(held);
      else index.set(resource, [held]);
    }
  }
  return index;
}

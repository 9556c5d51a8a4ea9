import type { KubeObject, Resource } from "../../../../api/resource.ts";
import { clusterrolebindings, clusterroles, rolebindings, roles } from "../../../../api/resources.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../../../../api/status.ts";
import type { Client } from "../../../../client/client.ts";
import { keyOf } from "../../../../api/resource.ts";
import { defaultPolicy } from "./expected.ts";
import { type Repair, repairBinding, repairRole } from "./reconcile.ts";

/** Others may be at it, too: another server of the same cluster that starts at the same time. */
const attempts = 5;

/** Makes the default roles and bindings, or gives them back what they lack. Their namespaces must be there. Safe to run at each start. */
export async function ensurePolicy(client: Client): Promise<void> {
  const policy = defaultPolicy();
  await Promise.all([
    ensureAll(client, clusterroles, policy.clusterRoles, repairRole),
    ensureAll(client, roles, policy.roles, repairRole),
    ensureAll(client, clusterrolebindings, policy.clusterRoleBindings, repairBinding),
    ensureAll(client, rolebindings, policy.roleBindings, repairBinding),
  ]);
}

async function ensureAll<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  expected: readonly T[],
  repair: (existing: T, expected: T) => Repair<T>,
): Promise<void> {
  const { items } = await client.list(resource);
  const present = new Map(items.map((object) => [keyOf(object), object]));
  await Promise.all(expected.map(async (object) => {
    let existing = present.get(keyOf(object));
    for (let attempt = 1;; attempt++) {
      try {
        return await ensure(client, resource, object, existing, repair);
      } catch (error) {
        const raced = isAlreadyExists(error) || isConflict(error) || isNotFound(error);
        if (!raced || attempt >= attempts) throw error;
        existing = await getOrUndefined(client, resource, object);
      }
    }
  }));
}

async function ensure<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  expected: T,
  existing: T | undefined,
  repair: (existing: T, expected: T) => Repair<T>,
): Promise<void> {
  if (existing === undefined) {
    await client.create(resource, expected);
    return;
  }
  const plan = repair(existing, expected);
  if (plan.action === "none") return;
  if (plan.action === "update") {
    await client.update(resource, plan.object);
    return;
  }
  const { uid = "" } = existing.metadata;
  await client.delete(resource, targetOf(existing), { preconditions: { uid } });
  await client.create(resource, expected);
}

async function getOrUndefined<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: T,
): Promise<T | undefined> {
  try {
    return await client.get(resource, targetOf(object));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function targetOf({ metadata: { namespace = "", name = "" } }: KubeObject): { namespace: string; name: string } {
  return { namespace, name };
}

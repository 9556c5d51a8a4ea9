import { systemClock } from "../../api/clock.ts";
import { clusterroles, namespaces, rolebindings, roles } from "../../api/resources.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { AccessControl } from "../../server/apiserver/auth/access.ts";
import type { UserInfo } from "../../server/apiserver/contract.ts";
import { createInProcessClient } from "../../server/apiserver/in_process.ts";
import { ensurePolicy } from "../../server/apiserver/rbac/bootstrap/ensure_policy.ts";
import { openRegistry } from "../../server/apiserver/registry/open.ts";

const count = 1_000;
const rounds = 200_000;

/** Prints what deciding on a request costs with a thousand Roles and as many bindings, and what the default roles cost at a start. */
export async function run(): Promise<void> {
  const datastore = openMemory();
  const access = new AccessControl();
  const registry = await openRegistry({
    datastore,
    clock: systemClock({ background: true }),
    tokenIssuer: { defaultAudiences: [], issue: () => Promise.reject(new Error("no tokens here")) },
    access,
  });
  const client = createInProcessClient(registry, { name: "admin", groups: ["system:masters"] });
  await access.follow(registry);
  for (const name of ["kube-system", "kube-public", "team"]) {
    await client.create(namespaces, { metadata: { name }, spec: {} });
  }
  for (const which of ["first", "later"]) {
    const start = performance.now();
    await ensurePolicy(client);
    console.log(`default roles, ${which} start: ${(performance.now() - start).toFixed(1)} ms`);
  }
  console.log(`default ClusterRoles: ${(await client.list(clusterroles)).items.length}`);
  for (let i = 0; i < count; i++) {
    const metadata = { name: `r${i}`, namespace: "team" };
    await client.create(roles, { metadata, rules: [{ verbs: ["get"], apiGroups: [""], resources: [`kind${i}`] }] });
    await client.create(rolebindings, {
      metadata,
      roleRef: { kind: "Role", name: metadata.name },
      // Half of them are all one user's, for the worst there can be.
      subjects: [{ kind: "User", name: i % 2 === 0 ? "all" : `user${i}` }],
    });
  }
  const user = (name: string): UserInfo => ({ name, groups: ["a", "b", "system:authenticated"] });
  const ask = (who: UserInfo, resource: string, name = "") =>
    access.authorize({
      user: who,
      verb: "get",
      path: "",
      resource: { group: "", version: "v1", resource, subresource: "", namespace: "team", name },
    });
  const measure = (what: string, once: (i: number) => unknown) => {
    for (let i = 0; i < 1_000; i++) once(i);
    const start = performance.now();
    for (let i = 0; i < rounds; i++) once(i);
    console.log(`${what}: ${((performance.now() - start) * 1000 / rounds).toFixed(2)} us`);
  };
  const [one, all] = [user("user1"), user("all")];
  measure("the same question of a known user", () => ask(one, "kind1"));
  measure("always another name", (i) => ask(one, "kind1", `n${i}`));
  measure("users that each come as a new object", (i) => ask(user(`user${1 + 2 * (i % 400)}`), "kind1"));
  measure("one user with 500 bindings, always another name, refused", (i) => ask(all, "none", `n${i}`));
  access.close();
  await registry.close();
  await datastore.close();
}

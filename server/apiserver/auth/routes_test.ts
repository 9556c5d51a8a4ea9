import { expect, it } from "vitest";
import { pods, serviceaccounts } from "../../../api/resources.ts";
import { schema } from "../../../api/schema/schema.ts";
import type { UserInfo } from "../contract.ts";
import { parseRequestInfo } from "../http/request_info.ts";
import { MASTERS_GROUP } from "./access.ts";
import { anonymous } from "./authenticator.ts";
import { requestAttributes } from "./request_attributes.ts";
import { serviceAccountUser } from "./service_account_user.ts";
import { goldenRoutes, paths, podOfNode, type Route, routeLines, whoOf } from "./testing/routes.ts";
import { nodeNamed, SecuredRegistry, userNamed } from "./testing/secured_registry.ts";

// The file is the specification; UPDATE_GOLDEN=1 writes it anew. The integration tests hold a running server against it.
it("every route is open to exactly whom it should be open to", async () => {
  await using secured = await SecuredRegistry.open();
  await secured.admin.create(serviceaccounts, { metadata: { name: "x", namespace: "team" } });
  await secured.admin.create(pods, podOfNode);
  const users: Readonly<Record<string, UserInfo>> = {
    anonymous,
    nobody: { ...serviceAccountUser("team", "nobody"), groups: ["system:serviceaccounts", "system:authenticated"] },
    view: await secured.bind("view", "view"),
    edit: await secured.bind("edit", "edit"),
    admin: await secured.bind("admin", "admin"),
    node: nodeNamed("n1"),
    othernode: nodeNamed("n2"),
    root: userNamed("root", MASTERS_GROUP),
  };
  const whoMay = async (method: string, url: string): Promise<string> => {
    const info = parseRequestInfo(method, url);
    const allowed = new Set<string>();
    for (const [name, user] of Object.entries(users)) {
      const decision = await secured.access.authorize(requestAttributes(user, info));
      if (decision.allowed) allowed.add(name);
    }
    return whoOf(Object.keys(users), (name) => allowed.has(name));
  };
  const routes = schema.resources().flatMap(
    ({ group, version, resource, namespaced, verbs, subresources }): Route[] => {
      const of = { group, version, resource, namespaced };
      const own = subresources.map(({ name, verbs }) => ({ ...of, subresource: name, verbs }));
      return [{ ...of, subresource: "", verbs }, ...own];
    },
  );
  const lines = await routeLines(routes, whoMay);
  for (const path of paths) {
    lines.push(`${path} | get: ${await whoMay("GET", path)} | post: ${await whoMay("POST", path)}`);
  }
  const text = `${lines.join("\n")}\n`;
  if (Deno.env.get("UPDATE_GOLDEN")) await Deno.writeTextFile(goldenRoutes, text);
  expect(text.split("\n")).toEqual((await Deno.readTextFile(goldenRoutes)).split("\n"));
});

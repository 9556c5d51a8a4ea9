import { describe, expect, it } from "vitest";
import type { UserInfo } from "../contract.ts";
import { Edge } from "../http/testing/edge.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";
import { Impersonation } from "./impersonation.ts";

const robot: UserInfo = {
  name: "system:serviceaccount:a:robot",
  groups: [],
  extra: { "authentication.kubernetes.io/node-name": ["n1"] },
};

/** `verb resource/subresource name` of what is asked. */
function printed({ verb, resource }: AuthorizationAttributes): string {
  const { resource: kind, subresource, name } = resource!;
  return `${verb} ${kind}${subresource && `/${subresource}`} ${name}`.trim();
}

/** What somebody who may do just this acts as when they ask for a list of Pods, or why they may not. */
async function actingAs(allowed: readonly string[], headers: Record<string, string>, user: UserInfo = robot) {
  const asked: string[] = [];
  const authorizer = {
    authorize(attributes: AuthorizationAttributes) {
      asked.push(printed(attributes));
      return { allowed: allowed.includes(printed(attributes)) };
    },
  };
  const resource = { group: "", version: "v1", resource: "pods", subresource: "", namespace: "a", name: "" };
  const request = { user, verb: "list", path: "", resource };
  const outcome = await new Impersonation(authorizer).userOf(request, headers)
    .catch((error: Error) => error.message);
  return { outcome, asked };
}

describe("impersonation", () => {
  it.each<[string, string[], Record<string, string>, unknown]>([
    [
      "of old",
      ["impersonate users jane", "impersonate groups team", "impersonate uids u", "impersonate userextras/scopes x"],
      {
        "impersonate-user": "jane",
        "impersonate-group": "team",
        "impersonate-uid": "u",
        "impersonate-extra-scopes": "x",
      },
      { name: "jane", uid: "u", groups: ["team", "system:authenticated"], extra: { scopes: ["x"] } },
    ],
    [
      "of a user, for this request",
      ["impersonate-on:user-info:list pods", "impersonate:user-info users jane", "impersonate:user-info groups team"],
      { "impersonate-user": "jane", "impersonate-group": "team" },
      { name: "jane", groups: ["team", "system:authenticated"] },
    ],
    [
      "of a service account",
      ["impersonate-on:serviceaccount:list pods", "impersonate:serviceaccount serviceaccounts other"],
      { "impersonate-user": "system:serviceaccount:b:other" },
      {
        name: "system:serviceaccount:b:other",
        groups: ["system:serviceaccounts", "system:serviceaccounts:b", "system:authenticated"],
      },
    ],
    [
      "of the node that it runs on",
      ["impersonate-on:associated-node:list pods", "impersonate:associated-node nodes *"],
      { "impersonate-user": "system:node:n1" },
      { name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] },
    ],
    [
      "of any node",
      ["impersonate-on:arbitrary-node:list pods", "impersonate:arbitrary-node nodes n2"],
      { "impersonate-user": "system:node:n2" },
      { name: "system:node:n2", groups: ["system:nodes", "system:authenticated"] },
    ],
    ["of nobody", [], { "impersonate-user": "" }, robot],
    [
      "of a stranger",
      ["impersonate users system:anonymous"],
      { "impersonate-user": "system:anonymous" },
      { name: "system:anonymous", groups: ["system:unauthenticated"] },
    ],
  ])("%s", async ([_what, allowed, headers, user]) => {
    expect((await actingAs(allowed, headers)).outcome).toEqual(user);
  });

  const userInfo = ["impersonate-on:user-info:list pods", "impersonate:user-info users jane"];
  it.each<[string, string[], Record<string, string>, string]>([
    [
      "another node than its own without leave for any",
      ["impersonate-on:associated-node:list pods", "impersonate:associated-node nodes *"],
      { "impersonate-user": "system:node:n2" },
      "cannot impersonate-on:arbitrary-node:list",
    ],
    [
      "administrators for some requests",
      [...userInfo, "impersonate:user-info groups system:masters"],
      { "impersonate-user": "jane", "impersonate-group": "system:masters" },
      "impersonating the system:masters group is not allowed",
    ],
    ["an empty group", userInfo, { "impersonate-user": "jane", "impersonate-group": "" }, "the empty string group"],
    [
      "extras without a domain",
      userInfo,
      { "impersonate-user": "jane", "impersonate-extra-scopes": "x" },
      'extra.key: Invalid value: "scopes": must be a domain-prefixed path',
    ],
    [
      "groups of nobody",
      [],
      { "impersonate-group": "team" },
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"team"}, Extra:map[string][]string(nil)} without impersonating a user name',
    ],
  ])("refuses %s", async ([_what, allowed, headers, message]) => {
    expect((await actingAs(allowed, headers)).outcome).toContain(message);
  });

  it("asks first what was allowed before", async () => {
    const asked: string[] = [];
    const impersonation = new Impersonation({
      authorize(attributes) {
        asked.push(printed(attributes));
        return { allowed: attributes.verb === "impersonate" };
      },
    });
    const request = { user: robot, verb: "get", path: "/version" };
    for (const name of ["jane", "joe"]) {
      await impersonation.userOf({ ...request, resource: { ...noResource, resource: "pods" } }, {
        "impersonate-user": name,
      });
    }
    expect(asked).toEqual(["impersonate-on:user-info:get pods", "impersonate users jane", "impersonate users joe"]);
  });
});

const noResource = { group: "", version: "v1", subresource: "", namespace: "", name: "" };

describe("an authorizer that fails", () => {
  it("is the server's fault, as with upstream", async () => {
    const authorizer = { authorize: () => ({ allowed: false, error: "the <webhook> is away" }) };
    await using edge = await Edge.start({ authorizer });
    const answer = await edge.fetch("/api/v1/pods?limit=1");
    expect([answer.code, answer.headers["content-type"], answer.text]).toEqual([
      500,
      "text/plain; charset=utf-8",
      'Internal Server Error: "/api/v1/pods?limit=1": the &lt;webhook&gt; is away\n',
    ]);
  });
});

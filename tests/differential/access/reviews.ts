import { ask, inParallel, type Section } from "../suite.ts";
import type { Pair, Request, Side } from "../sides.ts";
import { PLACE } from "./users.ts";

const AUTHORIZATION = "/apis/authorization.k8s.io/v1";
const AUTHENTICATION = "/apis/authentication.k8s.io/v1";

const attributes = { verb: "get", resource: "configmaps", namespace: PLACE };

/** What a review's spec may say beside the user. */
const questions: readonly object[] = [
  { resourceAttributes: attributes },
  { resourceAttributes: { ...attributes, verb: "delete" } },
  { resourceAttributes: { ...attributes, namespace: "" } },
  { resourceAttributes: { ...attributes, namespace: "none" } },
  { resourceAttributes: { ...attributes, version: "v1" } },
  { resourceAttributes: { ...attributes, version: "*", group: "*" } },
  { resourceAttributes: { ...attributes, verb: "*" } },
  { resourceAttributes: { ...attributes, resource: "*" } },
  { resourceAttributes: { ...attributes, resource: "secrets", name: "hers" } },
  { resourceAttributes: { ...attributes, resource: "secrets", name: "other" } },
  { resourceAttributes: { ...attributes, group: "apps", resource: "deployments", subresource: "scale" } },
  { resourceAttributes: { ...attributes, group: "apps", resource: "deployments/scale" } },
  { resourceAttributes: {} },
  { resourceAttributes: { verb: "", resource: "" } },
  { resourceAttributes: attributes, nonResourceAttributes: { path: "/", verb: "get" } },
  { nonResourceAttributes: { path: "/version", verb: "get" } },
  { nonResourceAttributes: { path: "/metrics", verb: "get" } },
  { nonResourceAttributes: { path: "", verb: "" } },
  { nonResourceAttributes: {} },
  {},
  { resourceAttributes: { ...attributes, verb: "list", fieldSelector: { rawSelector: "metadata.name=a" } } },
  { resourceAttributes: { ...attributes, verb: "list", fieldSelector: { rawSelector: "bad" } } },
  { resourceAttributes: { ...attributes, verb: "list", fieldSelector: {} } },
  {
    resourceAttributes: {
      ...attributes,
      verb: "list",
      fieldSelector: { rawSelector: "a=b", requirements: [{ key: "a", operator: "In", values: ["b"] }] },
    },
  },
  ...["fieldSelector", "labelSelector"].flatMap((selector) =>
    [
      { key: "a", operator: "In", values: ["b"] },
      { key: "a", operator: "In", values: ["b", "c"] },
      { key: "a", operator: "In" },
      { key: "a", operator: "Exists" },
      { key: "a", operator: "Exists", values: ["b"] },
      { key: "", operator: "In", values: ["b"] },
      { key: "a", operator: "Wrong", values: ["b"] },
      { key: "a", operator: "", values: ["b"] },
      { key: "bad key", operator: "NotIn", values: ["-x"] },
      { key: "a", operator: "DoesNotExist" },
    ].map((requirement) => ({
      resourceAttributes: { ...attributes, verb: "list", [selector]: { requirements: [requirement] } },
    }))
  ),
  { resourceAttributes: { ...attributes, verb: "list", labelSelector: { rawSelector: "a=b,c" } } },
  { resourceAttributes: { ...attributes, verb: "list", labelSelector: { rawSelector: "a b" } } },
  {
    resourceAttributes: {
      ...attributes,
      labelSelector: { requirements: [{ key: "a", operator: "Wrong" }, { key: "b", operator: "Exists" }] },
    },
  },
];

const subjects: readonly object[] = [
  { user: "alice" },
  { user: "bob", groups: ["system:masters"] },
  { user: "" },
  {},
  { groups: ["team"] },
  { user: "system:node:n1", groups: ["system:nodes"] },
  { user: "dangler" },
  { user: "alice", uid: "u", extra: { scopes: ["a"] } },
  { user: "system:anonymous", groups: ["system:unauthenticated"] },
];

/** Asking who one is, and what one or another may. */
export const reviews: Section = async ({ sides, report }, of) => {
  const [alice, bob, reviewer, node] = await Promise.all([
    sides.as({ name: "alice", groups: ["team"] }),
    sides.as({ name: "bob", groups: [] }),
    sides.as({ name: "reviewer", groups: [] }),
    sides.as({ name: "system:node:n1", groups: ["system:nodes"] }),
  ]) as [Pair, Pair, Pair, Pair];
  const post = (pair: Pair, path: string, body: unknown) => ask(pair, report, of, { method: "POST", path, body });
  await inParallel(questions, async (spec) => {
    await post(alice, `${AUTHORIZATION}/selfsubjectaccessreviews`, { spec });
    await post(node, `${AUTHORIZATION}/selfsubjectaccessreviews`, { spec });
    await post(reviewer, `${AUTHORIZATION}/subjectaccessreviews`, { spec: { ...spec, user: "alice" } });
    await post(sides, `${AUTHORIZATION}/namespaces/${PLACE}/localsubjectaccessreviews`, {
      spec: { ...spec, user: "alice" },
    });
  });
  await inParallel(subjects, async (subject) => {
    for (const question of questions.slice(0, 3)) {
      await post(reviewer, `${AUTHORIZATION}/subjectaccessreviews`, { spec: { ...subject, ...question } });
      await post(sides, `${AUTHORIZATION}/namespaces/${PLACE}/localsubjectaccessreviews`, {
        spec: { ...subject, ...question },
      });
      await post(sides, `${AUTHORIZATION}/namespaces/other/localsubjectaccessreviews`, {
        spec: { ...subject, ...question },
      });
    }
  });
  const kinds = [
    "selfsubjectaccessreviews",
    "subjectaccessreviews",
    "selfsubjectrulesreviews",
    `namespaces/${PLACE}/localsubjectaccessreviews`,
  ].map((path) => `${AUTHORIZATION}/${path}`);
  await inParallel(
    [...kinds, `${AUTHENTICATION}/tokenreviews`, `${AUTHENTICATION}/selfsubjectreviews`],
    async (path) => {
      const bodies = [
        {},
        { spec: {} },
        { metadata: { name: "named" } },
        { metadata: { name: "named", labels: { a: "b" } }, spec: { resourceAttributes: attributes, user: "a" } },
        { kind: "Wrong", apiVersion: "v1" },
        { spec: "text" },
        { spec: { unknown: 1 } },
        { status: { allowed: true } },
        [],
        "text",
        "{",
        "",
        null,
        { metadata: { namespace: "other" } },
        { metadata: { creationTimestamp: "2026-01-01T00:00:00Z" } },
      ];
      for (const body of bodies) await post(sides, path, body);
      await post(bob, path, {});
      await ask(sides, report, of, {
        method: "POST",
        path: `${path}?dryRun=All&fieldValidation=Strict`,
        body: { spec: { unknown: 1 } },
      });
      await ask(sides, report, of, { method: "POST", path: `${path}?pretty=true&dryRun=x`, body: {} });
    },
  );
  for (const pair of [alice, bob, node, sides]) {
    await post(pair, `${AUTHENTICATION}/selfsubjectreviews`, {});
    for (const namespace of [PLACE, "default", "none", "", "*", "kube-system"]) {
      await post(inOrder(pair), `${AUTHORIZATION}/selfsubjectrulesreviews`, { spec: { namespace } });
    }
  }
  await tokens();

  /** Each server's own tokens, of the same service account. */
  async function tokens(): Promise<void> {
    const account = `/api/v1/namespaces/${PLACE}/serviceaccounts/default/token`;
    const issue = async (spec: object) =>
      await Promise.all([sides.theirs, sides.ours].map(async (side) => {
        const { json } = await side.send({ method: "POST", path: account, body: { spec } });
        return (json as { status: { token: string } }).status.token;
      }));
    for (
      const spec of [
        {},
        { audiences: ["a", "b"] },
        { audiences: [""] },
        { expirationSeconds: 60 },
        { expirationSeconds: 600 },
        { expirationSeconds: 99999999999 },
        { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "none" } },
        { boundObjectRef: { kind: "ConfigMap", apiVersion: "v1", name: "none" } },
        { boundObjectRef: { kind: "Secret", apiVersion: "v1", name: "none", uid: "x" } },
      ]
    ) {
      await ask(withoutTokens(sides), report, of, { method: "POST", path: account, body: { spec } });
    }
    const [mine, others] = [await issue({}), await issue({ audiences: ["other"] })];
    const stranger = await sides.as();
    for (const [index, token] of [mine, others].entries()) {
      const pair = filling(sides, token);
      for (
        const audiences of [undefined, [], ["other"], ["none"], ["https://kubernetes.default.svc.cluster.local"], [
          "other",
          "none",
        ]]
      ) {
        await ask(pair, report, of, {
          method: "POST",
          path: `${AUTHENTICATION}/tokenreviews`,
          body: { spec: { token: "$TOKEN", audiences } },
        });
      }
      const known = filling(stranger, token);
      for (
        const request of [{ method: "GET", path: "/api/v1/namespaces" }, {
          method: "POST",
          path: `${AUTHENTICATION}/selfsubjectreviews`,
          body: {},
        }, { method: "GET", path: "/version" }]
      ) {
        await ask(known, report, of, {
          ...request,
          headers: { authorization: `Bearer $TOKEN`, "x-token": String(index) },
        });
      }
    }
    for (const token of ["garbage", "a.b.c", "", "x".repeat(20000), "abcdef.0123456789abcdef"]) {
      await post(reviewer, `${AUTHENTICATION}/tokenreviews`, { spec: { token } });
      await post(bob, `${AUTHENTICATION}/tokenreviews`, { spec: { token } });
    }
  }
};

/** The servers with each its own token for `$TOKEN`, which the answers then do not tell. */
function filling(pair: Pair, tokens: readonly string[]): Pair {
  const side = (one: Side, token: string): Side => ({
    async send(request: Request) {
      const text = JSON.stringify(request).replaceAll("$TOKEN", token);
      const answer = await one.send(JSON.parse(text));
      return withoutToken({ ...answer, text: answer.text.replaceAll(token, "$TOKEN") }, token);
    },
  });
  return { theirs: side(pair.theirs, tokens[0]!), ours: side(pair.ours, tokens[1]!) };
}

function withoutToken<T extends { json: unknown }>(answer: T, token: string): T {
  return answer.json === undefined
    ? answer
    : { ...answer, json: JSON.parse(JSON.stringify(answer.json).replaceAll(token, "$TOKEN")) };
}

/** The servers, whose rules come in an order: upstream goes through its bindings in the one that Go's maps happen to have. */
function inOrder(pair: Pair): Pair {
  const side = (one: Side): Side => ({
    async send(request) {
      const answer = await one.send(request);
      const { status } = (answer.json ?? {}) as { status?: Record<"resourceRules" | "nonResourceRules", unknown[]> };
      for (const rules of [status?.resourceRules, status?.nonResourceRules]) {
        rules?.sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
      }
      return answer;
    },
  });
  return { theirs: side(pair.theirs), ours: side(pair.ours) };
}

/** The servers, whose answers tell no token and no second at which it ends. */
function withoutTokens(pair: Pair): Pair {
  const side = (one: Side): Side => ({
    async send(request) {
      const answer = await one.send(request);
      const status = (answer.json as { status?: { token?: string; expirationTimestamp?: string } })?.status;
      if (status?.token) Object.assign(status, { token: "TOKEN", expirationTimestamp: "LATER" });
      return answer;
    },
  });
  return { theirs: side(pair.theirs), ours: side(pair.ours) };
}

import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../../api/clock.ts";
import { parseLabelSelector } from "../../../../api/meta/label_selector_parser.ts";
import type { SubjectAccessReview } from "../../../../api/types/authorization_v1.ts";
import { SecuredRegistry, userNamed } from "../testing/secured_registry.ts";
import { AccessControl } from "../access.ts";
import { accessReviews } from "../access_reviews.ts";
import { followAuthorizationConfiguration, loadAuthorizationConfiguration } from "./load_configuration.ts";
import { readAuthorizationConfiguration } from "./read_configuration.ts";

const head = { apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthorizationConfiguration" };
const webhook = {
  timeout: "3s",
  subjectAccessReviewVersion: "v1",
  matchConditionSubjectAccessReviewVersion: "v1",
  failurePolicy: "Deny",
  authorizedTTL: "1m30s",
  connectionInfo: { type: "KubeConfigFile", kubeConfigFile: "webhook.yaml" },
};

/** A webhook on the loopback, its configuration in a directory, and an AccessControl that asks it before the roles. */
class Webhook implements AsyncDisposable {
  readonly asked: SubjectAccessReview[] = [];
  readonly clock = new ManualClock();
  answer: (review: SubjectAccessReview) => Response = () => Response.json({ status: { allowed: false } });
  readonly #directory = Deno.makeTempDirSync();
  readonly #server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    if (request.method !== "POST" || new URL(request.url).pathname !== "/authorize") {
      return new Response("", { status: 404 });
    }
    const review = await request.json() as SubjectAccessReview;
    this.asked.push(review);
    return this.answer(review);
  });

  async access(
    secured: SecuredRegistry,
    failurePolicy: string,
    more: Record<string, unknown> = {},
  ): Promise<AccessControl> {
    const server = `http://127.0.0.1:${this.#server.addr.port}/authorize`;
    await Deno.writeTextFile(
      `${this.#directory}/webhook.yaml`,
      JSON.stringify({
        clusters: [{ name: "c", cluster: { server } }],
        users: [{ name: "u", user: {} }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
        "current-context": "x",
      }),
    );
    const file = `${this.#directory}/authorization.yaml`;
    const authorizers = [
      { type: "Webhook", name: "w", webhook: { ...webhook, failurePolicy, ...more } },
      { type: "RBAC", name: "rbac" },
    ];
    await Deno.writeTextFile(file, JSON.stringify({ ...head, authorizers }));
    const access = new AccessControl(await loadAuthorizationConfiguration(file, this.clock));
    await access.follow(secured.test.registry);
    return access;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.#directory, { recursive: true });
  }
}

describe("an authorisation webhook", () => {
  const jane = userNamed("jane");
  const pods = {
    group: "",
    version: "v1",
    resource: "pods",
    subresource: "",
    namespace: "team",
    name: "",
    fieldSelector: [{ field: "a", value: "b", negated: false }],
    labelSelector: parseLabelSelector("k in (v,w),!gone,tier!=x,size>5").requirements,
  };
  const question = { user: jane, verb: "list", path: "", resource: pods };

  it("allows, denies, or leaves it to the roles, and is not asked twice", async () => {
    await using secured = await SecuredRegistry.open();
    await using hook = new Webhook();
    const access = await hook.access(secured, "NoOpinion");
    hook.answer = () => Response.json({ status: { allowed: true, reason: "fine" } });
    expect(await access.authorize(question)).toEqual({ allowed: true, reason: "fine" });
    expect(await access.authorize(question)).toEqual({ allowed: true, reason: "fine" });
    expect(hook.asked.map(({ spec }) => spec)).toEqual([{
      user: "jane",
      groups: ["system:authenticated"],
      resourceAttributes: {
        namespace: "team",
        verb: "list",
        group: "",
        version: "v1",
        resource: "pods",
        subresource: "",
        name: "",
        fieldSelector: { requirements: [{ key: "a", operator: "In", values: ["b"] }] },
        labelSelector: {
          requirements: [
            { key: "gone", operator: "DoesNotExist" },
            { key: "k", operator: "In", values: ["v", "w"] },
            { key: "tier", operator: "NotIn", values: ["x"] },
          ],
        },
      },
    }]);
    await hook.clock.advance(90_000);
    hook.answer = () => Response.json({ status: { allowed: false, reason: "who knows" } });
    expect(await access.authorize(question)).toEqual({ allowed: false, reason: "who knows" });
    await secured.bind("jane", "view");
    expect(await access.authorize(question)).toMatchObject({ allowed: true });
    await hook.clock.advance(30_000);
    hook.answer = () => Response.json({ status: { allowed: false, denied: true, reason: "never" } });
    expect(await access.authorize(question)).toEqual({ allowed: false, denied: true, reason: "never" });
    expect(await access.authorize({ ...question, user: userNamed("root", "system:masters") })).toEqual({
      allowed: true,
    });
    expect(hook.asked).toHaveLength(3);
    // Reviews tell what a request would be told.
    const reviews = accessReviews(access);
    const asked = { resourceAttributes: { verb: "list", resource: "pods", namespace: "team" } };
    expect(await reviews.authorize(jane, asked)).toEqual({ allowed: false, denied: true, reason: "never" });
    expect(await reviews.rules(jane, "team")).toMatchObject({
      incomplete: true,
      evaluationError: "webhook authorizer does not support user rule resolution",
    });
    access.close();
  });

  it("is asked only about what its conditions match, which deny when they cannot be evaluated", async () => {
    await using secured = await SecuredRegistry.open();
    await using hook = new Webhook();
    const access = await hook.access(secured, "Deny", {
      subjectAccessReviewVersion: "v1beta1",
      matchConditions: [
        { expression: "has(request.resourceAttributes)" },
        { expression: "request.resourceAttributes.namespace != 'kube-system'" },
        { expression: "!('system:nodes' in request.groups)" },
        { expression: "request.resourceAttributes.fieldSelector.requirements.all(r, r.operator == 'In')" },
        {
          expression:
            "request.resourceAttributes.?labelSelector.requirements.orValue([]).exists(r, 'w' in r.?values.orValue([]))",
        },
        { expression: "request.extra['example.org/tier'][0] == 'x' || request.user == 'jane'" },
      ],
    });
    hook.answer = () => Response.json({ status: { allowed: true } });
    expect(await access.authorize(question)).toMatchObject({ allowed: true });
    expect(hook.asked.map(({ apiVersion, spec }) => [apiVersion, spec])).toMatchObject([
      ["authorization.k8s.io/v1beta1", { user: "jane", group: ["system:authenticated"] }],
    ]);
    const notAsked = [
      { user: jane, verb: "get", path: "/metrics" },
      { ...question, resource: { ...pods, namespace: "kube-system" } },
      { ...question, resource: { ...pods, labelSelector: parseLabelSelector("w").requirements } },
      { ...question, resource: { ...pods, fieldSelector: [{ field: "a", value: "b", negated: true }] } },
      { ...question, user: userNamed("jane", "system:nodes") },
    ];
    for (const one of notAsked) expect(await access.authorize(one)).toEqual({ allowed: false });
    // Whose expression fails: the map has no such key.
    expect(await access.authorize({ ...question, user: userNamed("joe") })).toMatchObject({
      allowed: false,
      denied: true,
      error: expect.stringContaining("No such key"),
    });
    expect(hook.asked).toHaveLength(1);
    access.close();
    for (const expression of ["request.user", "request.name == ''", "true &&"]) {
      const attempt = hook.access(secured, "Deny", { matchConditions: [{ expression }] });
      await expect(attempt).rejects.toThrow("authorizers[0].webhook.matchConditions cannot be used: the expression");
    }
  });

  it("that fails has no opinion or denies, as it is set up", async () => {
    await using secured = await SecuredRegistry.open();
    await secured.bind("jane", "view");
    await using hook = new Webhook();
    const [open, closed] = [await hook.access(secured, "NoOpinion"), await hook.access(secured, "Deny")];
    const answers = [
      () => new Response("", { status: 500 }),
      () => new Response("no JSON"),
      () => Response.json({ status: { allowed: "yes" } }),
      () => Response.json(null),
    ];
    for (const answer of answers) {
      hook.answer = answer;
      expect(await open.authorize(question)).toMatchObject({ allowed: true });
      const { error, ...decision } = await closed.authorize(question);
      expect([decision, typeof error]).toEqual([{ allowed: false, denied: true }, "string"]);
      const review = await accessReviews(closed).authorize(jane, { resourceAttributes: { verb: "get" } });
      expect(review).toMatchObject({ allowed: false, denied: true, evaluationError: error });
    }
    open.close();
    closed.close();
  });
});

describe("an authorisation configuration", () => {
  it("is followed as its file changes, but not into one that cannot be used", async () => {
    await using secured = await SecuredRegistry.open();
    const directory = await Deno.makeTempDir();
    const file = `${directory}/authorization.yaml`;
    const stop = new AbortController();
    const clock = new ManualClock();
    const write = (...types: string[]) =>
      Deno.writeTextFile(
        file,
        JSON.stringify({ ...head, authorizers: types.map((type) => ({ type, name: type.toLowerCase() })) }),
      );
    await write("RBAC");
    const access = new AccessControl(await loadAuthorizationConfiguration(file, clock));
    await access.follow(secured.test.registry);
    await followAuthorizationConfiguration({ file, clock, signal: stop.signal, access });
    const may = async () => (await access.authorize({ user: userNamed("joe"), verb: "get", path: "/metrics" })).allowed;
    const become = async (wanted: boolean) => {
      while (await may() !== wanted) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    expect(await may()).toBe(false);
    await write("AlwaysAllow");
    await become(true);
    await write("Nobody");
    await write("RBAC", "AlwaysDeny");
    await become(false);
    stop.abort();
    access.close();
    await Deno.remove(directory, { recursive: true });
  });
});

describe("readAuthorizationConfiguration", () => {
  const read = (...authorizers: unknown[]) => readAuthorizationConfiguration({ ...head, authorizers });
  const entry = (more: Record<string, unknown> = {}) => ({
    type: "Webhook",
    name: "w",
    webhook: { ...webhook, ...more },
  });

  it("reads authorizers in their order", () => {
    expect(read({ type: "RBAC", name: "r" }, entry())).toEqual([{ type: "RBAC" }, {
      type: "Webhook",
      name: "w",
      kubeConfigFile: "webhook.yaml",
      timeout: 3_000,
      authorizedTtl: 90_000,
      unauthorizedTtl: 30_000,
      failurePolicy: "Deny",
      version: "v1",
      matchConditions: [],
      refuse: expect.any(Function),
    }]);
  });

  const wrong: [string, () => unknown, string][] = [
    ["no authorizers", () => read(), "authorizers has no entry"],
    ["an unknown one", () => read({ type: "ABAC", name: "x" }), 'authorizers[0].type is "ABAC"; there are Node, RBAC'],
    [
      "one twice",
      () => read({ type: "RBAC", name: "a" }, { type: "RBAC", name: "b" }),
      "authorizers[1].type is a second RBAC",
    ],
    [
      "a field that is not known",
      () => read(entry({ retries: 3 })),
      "authorizers[0].webhook.retries is not known here",
    ],
    ["no timeout", () => read(entry({ timeout: "40s" })), "timeout must be above 0 and at most 30s"],
    [
      "a time that is none",
      () => read(entry({ authorizedTTL: "soon" })),
      'authorizedTTL is "soon", not a time like 1m30s',
    ],
    [
      "the same condition twice",
      () => read(entry({ matchConditions: [{ expression: "true" }, { expression: "true" }] })),
      "authorizers[0].webhook.matchConditions[1].expression is there twice",
    ],
    [
      "conditions on a version that is not named",
      () => read(entry({ matchConditions: [{ expression: "true" }], matchConditionSubjectAccessReviewVersion: null })),
      "matchConditionSubjectAccessReviewVersion is missing",
    ],
    ["another version of reviews", () => read(entry({ subjectAccessReviewVersion: "v2" })), "must be v1 or v1beta1"],
    [
      "another kind",
      () => readAuthorizationConfiguration({ ...head, kind: "X" }),
      'kind is "X", not AuthorizationConfiguration',
    ],
  ];
  for (const [what, attempt, message] of wrong) it(`refuses ${what}`, () => expect(attempt).toThrow(message));
});

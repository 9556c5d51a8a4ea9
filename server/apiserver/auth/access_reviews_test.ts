import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  localsubjectaccessreviews,
  selfsubjectaccessreviews,
  selfsubjectrulesreviews,
  subjectaccessreviews,
} from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type { ResourceAttributes, SubjectAccessReviewSpec } from "../../../api/types/authorization_v1.ts";
import { nodeNamed, SecuredRegistry, userNamed } from "./testing/secured_registry.ts";

async function failure(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => "accepted", (error: StatusError) => `${error.code} ${error.message}`);
}

describe("access reviews", () => {
  let secured: SecuredRegistry;
  beforeEach(async () => {
    secured = await SecuredRegistry.open();
    await secured.bind("jane", "view");
  });
  afterEach(async () => await secured[Symbol.asyncDispose]());

  const readPods = { namespace: "team", verb: "list", resource: "pods" };

  it("answer what would be decided, and by which binding", async () => {
    const review = async (spec: SubjectAccessReviewSpec) =>
      (await secured.admin.create(subjectaccessreviews, { metadata: {}, spec })).status;
    expect(await review({ user: "jane", resourceAttributes: readPods })).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "jane/team" of ClusterRole "view" to User "jane"',
    });
    expect(await review({ user: "jane", resourceAttributes: { ...readPods, namespace: "default" } })).toEqual({
      allowed: false,
    });
    expect(await review({ user: "joe", groups: ["system:masters"], resourceAttributes: readPods })).toMatchObject({
      allowed: true,
    });
    expect(
      await review({ groups: ["system:unauthenticated"], nonResourceAttributes: { verb: "get", path: "/readyz" } }),
    ).toMatchObject({ allowed: true });
    const node = { user: "system:node:n1", groups: ["system:nodes"] };
    const onNode = { rawSelector: "spec.nodeName=n1" };
    expect(await review({ ...node, resourceAttributes: { ...readPods, fieldSelector: onNode } })).toEqual({
      allowed: true,
    });
    const requirements = [{ key: "spec.nodeName", operator: "In", values: ["n1"] }];
    expect(await review({ ...node, resourceAttributes: { ...readPods, fieldSelector: { requirements } } })).toEqual({
      allowed: true,
    });
    const more = [{ key: "spec.nodeName", operator: "In", values: ["n1", "n2"] }];
    expect(await review({ ...node, resourceAttributes: { ...readPods, fieldSelector: { requirements: more } } }))
      .toEqual({
        allowed: false,
        reason: "can only list/watch pods with spec.nodeName field selector",
        evaluationError: "spec.resourceAttributes.fieldSelector ignored due to parse error",
      });
  });

  it("tell which selectors they have not, or only partly, understood", async () => {
    const review = async (resourceAttributes: ResourceAttributes) => {
      const spec = { user: "jane", resourceAttributes: { ...readPods, ...resourceAttributes } };
      return (await secured.admin.create(subjectaccessreviews, { metadata: {}, spec })).status;
    };
    const label = { key: "k", operator: "In", values: ["v"] };
    expect(await review({ labelSelector: { requirements: [label] } })).toEqual(await review({}));
    const like = { key: "k", operator: "Like", values: ["v"] };
    expect(await review({ labelSelector: { requirements: [label, like] }, fieldSelector: { rawSelector: "x" } }))
      .toMatchObject({
        allowed: true,
        evaluationError: "spec.resourceAttributes.fieldSelector ignored due to parse error; " +
          "spec.resourceAttributes.labelSelector partially ignored due to parse error",
      });
    const wrong: [ResourceAttributes, string][] = [
      [
        { fieldSelector: { requirements: [{ key: "", operator: "In" }] } },
        "[spec.resourceAttributes.fieldSelector.requirements[0].key: Required value: must be specified, " +
        "spec.resourceAttributes.fieldSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn']",
      ],
      [
        { fieldSelector: { requirements: [{ key: "a", operator: "Exists", values: ["b"] }] } },
        "spec.resourceAttributes.fieldSelector.requirements[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      ],
      [
        { labelSelector: { requirements: [{ key: "-", operator: "In", values: ["/"] }] } },
        'spec.resourceAttributes.labelSelector.requirements[0].values[0]: Invalid value: "/"',
      ],
      [
        { labelSelector: { rawSelector: "a", requirements: [label] } },
        'spec.resourceAttributes.labelSelector.rawSelector: Invalid value: "a": may not specified at the same time as requirements',
      ],
    ];
    for (const [attributes, message] of wrong) expect(await failure(review(attributes))).toContain(message);
  });

  it("are about oneself, or one namespace", async () => {
    const jane = secured.clientOf(userNamed("jane"));
    const own = await jane.create(selfsubjectaccessreviews, { metadata: {}, spec: { resourceAttributes: readPods } });
    expect(own.status?.allowed).toBe(true);
    const local = (namespace: string) =>
      secured.admin.create(localsubjectaccessreviews, {
        metadata: { namespace: "team" },
        spec: { user: "jane", resourceAttributes: { ...readPods, namespace } },
      });
    expect((await local("team")).status?.allowed).toBe(true);
    expect(await failure(local("default"))).toContain(
      'spec.resourceAttributes.namespace: Invalid value: "default": must match metadata.namespace',
    );
  });

  it("that ask nothing, or of nobody, are refused", async () => {
    const review = (spec: SubjectAccessReviewSpec, metadata = {}) =>
      failure(secured.admin.create(subjectaccessreviews, { metadata, spec }));
    expect(await review({ user: "jane" })).toContain(
      "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    );
    expect(await review({ resourceAttributes: readPods })).toContain("at least one of user or group must be specified");
    expect(await review({ user: "jane", resourceAttributes: readPods, nonResourceAttributes: { path: "/" } }))
      .toContain(
        "cannot be specified in combination with resourceAttributes",
      );
    expect(await review({ user: "jane", resourceAttributes: { ...readPods, fieldSelector: {} } })).toContain(
      "requirements or rawSelector is required",
    );
    expect(await review({ user: "jane", resourceAttributes: readPods }, { name: "x" })).toContain("422");
  });

  it("list what one may do", async () => {
    const list = async (user: string, namespace: string) =>
      (await secured.clientOf(userNamed(user)).create(selfsubjectrulesreviews, { metadata: {}, spec: { namespace } }))
        .status!;
    const { resourceRules, nonResourceRules, incomplete } = await list("jane", "team");
    expect(resourceRules).toContainEqual({
      verbs: ["get", "list", "watch"],
      apiGroups: ["autoscaling"],
      resources: ["horizontalpodautoscalers", "horizontalpodautoscalers/status"],
    });
    expect([incomplete, nonResourceRules.length > 0]).toEqual([false, true]);
    expect((await list("jane", "default")).resourceRules).toHaveLength(2);
    expect(await failure(list("jane", ""))).toBe("400 no namespace on request");
    const node = await secured.clientOf(nodeNamed("n1")).create(selfsubjectrulesreviews, {
      metadata: {},
      spec: { namespace: "team" },
    });
    expect(node.status).toMatchObject({
      incomplete: true,
      evaluationError: "node authorizer does not support user rule resolution",
    });
  });
});

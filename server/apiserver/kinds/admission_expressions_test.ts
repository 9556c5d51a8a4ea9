import { expect, it } from "vitest";
import { validatingadmissionpolicies, validatingwebhookconfigurations } from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import { TestRegistry } from "../registry/_testing.ts";
import { expressionsOf } from "./admission_expressions.ts";

const outcome = (promise: Promise<unknown>) => promise.then(() => "accepted", (error: StatusError) => error.message);
const isLoaded = () => {
  try {
    return expressionsOf({ params: false, composed: false }) !== undefined;
  } catch {
    return false;
  }
};

it("CEL is loaded for the first object that has an expression", async () => {
  await using test = await TestRegistry.open();
  const webhook = (conditions: object = {}) => ({
    metadata: { name: crypto.randomUUID() },
    webhooks: [{
      name: "a.example.com",
      clientConfig: { url: "https://example.com/" },
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      ...conditions,
    }],
  });
  const plain = await test.client.create(validatingwebhookconfigurations, webhook());
  expect(isLoaded()).toBe(false);
  const wrong = { matchConditions: [{ name: "c", expression: "object.x" }] };
  expect(
    await outcome(test.client.update(validatingwebhookconfigurations, { ...plain, webhooks: webhook(wrong).webhooks })),
  )
    .toContain("must evaluate to bool but got dyn");
  expect(isLoaded()).toBe(true);
  const right = { matchConditions: [{ name: "c", expression: "object.x == 1" }] };
  expect(await outcome(test.client.create(validatingwebhookconfigurations, webhook(right)))).toBe("accepted");
  const spec = {
    matchConstraints: {
      resourceRules: [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }],
    },
    validations: [{ expression: "object.metadata.name != ''" }],
  };
  const policy = await test.client.create(validatingadmissionpolicies, { metadata: { name: "p" }, spec });
  expect(
    await outcome(test.client.update(validatingadmissionpolicies, {
      ...policy,
      spec: { ...policy.spec, validations: [{ expression: "1" }] },
    })),
  ).toContain('spec.validations[0].expression: Invalid value: "1": must evaluate to bool but got int');
});

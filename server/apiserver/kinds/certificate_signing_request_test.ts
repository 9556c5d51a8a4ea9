import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { certificatesigningrequests, rolebindings } from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type { CertificateSigningRequest } from "../../../api/types/certificates_v1.ts";
import { certificateRequest } from "../../../tests/fixtures/certificate_request.ts";
import { completeObject } from "../managed_fields.ts";
import { context, plain, TestRegistry } from "../registry/_testing.ts";

async function failure(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => "accepted", (error: StatusError) => error.message.replace(/^[^:]* is invalid: /, ""));
}

describe("certificate signing requests", () => {
  let test: TestRegistry;
  let request: string;
  beforeEach(async () => {
    test = await TestRegistry.open();
    request = btoa((await certificateRequest("CN=jane")).pem);
  });
  afterEach(async () => await test[Symbol.asyncDispose]());

  const create = (spec: Partial<CertificateSigningRequest["spec"]>, name = "x") =>
    test.client.create(certificatesigningrequests, {
      metadata: { name },
      spec: { signerName: "example.org/x", usages: ["client auth"], request, ...spec },
    });

  const wrong: [string, Partial<CertificateSigningRequest["spec"]>, string][] = [
    ["no usages", { usages: [] }, "spec.usages: Required value"],
    ["no request", { request: "" }, 'spec.request: Invalid value: "": PEM block type must be CERTIFICATE REQUEST'],
    [
      "what is no request",
      { request: "eA==" },
      'spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST',
    ],
    ["a signer without a domain", { signerName: "x" }, "must be a fully qualified domain and path of the form"],
    ["two slashes", { signerName: "a/b/c" }, "must be a fully qualified domain and path of the form"],
    [
      "a domain of one part",
      { signerName: "a/b" },
      'Invalid value: "a": should be a domain with at least two segments',
    ],
    [
      "a wrong domain",
      { signerName: "A.b/c" },
      'Invalid value: "A.b": validating label "A": a lowercase RFC 1123 label',
    ],
    [
      "a wrong name",
      { signerName: "a.b/c_d" },
      'Invalid value: "c_d": validating label "c_d": a lowercase RFC 1123 subdomain',
    ],
  ];
  for (const [what, spec, message] of wrong) {
    it(`refuses ${what}`, async () => expect(await failure(create(spec))).toContain(message));
  }

  it("names unknown usages before repeated ones", async () => {
    const message = await failure(create({ usages: ["any", "any", "other"] }));
    expect(message).toMatch(/^\[spec\.usages\[2\]: Unsupported value.*spec\.usages\[1\]: Duplicate value: "any"\]$/);
  });

  it("has a spec and conditions that are no writer's", async () => {
    await test.client.create(certificatesigningrequests, {
      metadata: { name: "x", labels: { a: "a" } },
      spec: { signerName: "example.org/x", usages: ["client auth"], request },
    });
    const patch = (subresource: string, patch: object) =>
      test.store(certificatesigningrequests).patch(context, {
        ...{ namespace: "", name: "x", type: "merge", patch, options: plain },
        ...subresource && { subresource },
      });
    await patch("", { metadata: { labels: { a: "b" } }, spec: { username: "other" } });
    const conditions = [{ type: "Failed", status: "True" }];
    const { entry } = await patch("status", { status: { conditions } });
    const fields = (completeObject(entry).metadata.managedFields ?? []).map(({ fieldsV1 }) => fieldsV1);
    expect(fields).toEqual([
      { "f:metadata": { "f:labels": {} } },
      { "f:metadata": { "f:labels": { "f:a": {} } } },
    ]);
    // No certificate is no wrong certificate.
    expect((entry.object as CertificateSigningRequest).status?.conditions?.[0]?.type).toBe("Failed");
  });

  it("keeps the decision as it was when a status is reported", async () => {
    const { metadata } = await create({});
    const target = { name: "x" };
    const decided = await test.client.patch(certificatesigningrequests, target, {
      type: "merge",
      patch: { status: { conditions: [{ type: "Approved", status: "True", reason: "R", message: "m" }] } },
    }, { subresource: "approval" });
    const reported = await test.client.patch(certificatesigningrequests, target, {
      type: "merge",
      patch: { status: { conditions: [{ type: "Approved", status: "True" }, { type: "Failed", status: "True" }] } },
    }, { subresource: "status" });
    expect(metadata.uid).toBe(reported.metadata.uid);
    expect(reported.status?.conditions?.[0]).toEqual(decided.status?.conditions?.[0]);
    expect(reported.status?.conditions?.[1]?.type).toBe("Failed");
    const without = test.client.patch(certificatesigningrequests, target, {
      type: "merge",
      patch: { status: { conditions: [{ type: "", status: "" }] } },
    }, { subresource: "status" });
    expect(await failure(without)).toContain(
      "[status.conditions[0].type: Required value, status.conditions[0].status: Required value",
    );
  });
});

it("subjects of a binding are of the API group of their kind", async () => {
  await using test = await TestRegistry.open();
  const bind = (subject: Record<string, string>) =>
    failure(test.client.create(rolebindings, {
      metadata: { name: "b", namespace: "default" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
      subjects: [{ kind: "", name: "x", ...subject }],
    }));
  expect(await bind({ kind: "User", apiGroup: "z" })).toBe(
    'subjects[0].apiGroup: Unsupported value: "z": supported values: "rbac.authorization.k8s.io"',
  );
  expect(await bind({ kind: "ServiceAccount", apiGroup: "z" })).toBe(
    'subjects[0].apiGroup: Unsupported value: "z": supported values: ""',
  );
  expect(await bind({ kind: "ServiceAccount", name: "X" })).toContain("subjects[0].name: Invalid value");
  expect(await bind({ kind: "Group", apiGroup: "" })).toBe("accepted");
});

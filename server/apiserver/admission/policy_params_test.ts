import { expect, it } from "vitest";
import {
  clusterrolebindings,
  clusterroles,
  mutatingadmissionpolicybindings,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
} from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type { PolicyRule } from "../../../api/types/rbac_v1.ts";
import { SecuredRegistry, userNamed } from "../auth/testing/secured_registry.ts";

async function outcome(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => "accepted", (error: StatusError) => `${error.code} ${error.message}`);
}

const policy = (name: string, paramKind: { apiVersion: string; kind: string } | undefined) => ({
  metadata: { name },
  spec: {
    ...paramKind && { paramKind },
    matchConstraints: {
      resourceRules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }],
    },
    validations: [{ expression: "true" }],
  },
});
const binding = (name: string, policyName: string, paramRef: object = {}) => ({
  metadata: { name },
  spec: { policyName, validationActions: ["Deny"], paramRef: { parameterNotFoundAction: "Deny", ...paramRef } },
});

it("policies read no parameters that their makers may not read", async () => {
  await using secured = await SecuredRegistry.open();
  const grant = async (name: string, ...rules: PolicyRule[]) => {
    await secured.admin.create(clusterroles, { metadata: { name }, rules });
    await secured.admin.create(clusterrolebindings, {
      metadata: { name },
      roleRef: { kind: "ClusterRole", name },
      subjects: [{ kind: "User", name: "jane" }],
    });
  };
  await grant("maker", {
    apiGroups: ["admissionregistration.k8s.io"],
    resources: ["*"],
    verbs: ["create", "update", "patch"],
  });
  const client = secured.clientOf(userNamed("jane"));
  const write = (name: string, kind?: { apiVersion: string; kind: string }) =>
    outcome(client.create(validatingadmissionpolicies, policy(name, kind)));
  const bind = (name: string, of: string, ref?: object) =>
    outcome(client.create(validatingadmissionpolicybindings, binding(name, of, ref)));
  const [maps, secrets] = [{ apiVersion: "v1", kind: "ConfigMap" }, { apiVersion: "v1", kind: "Secret" }];
  const who = "user &{jane  [system:authenticated] map[]}";

  expect(await write("plain")).toBe("accepted");
  expect(await write("a", secrets)).toBe(
    '422 ValidatingAdmissionPolicy.admissionregistration.k8s.io "a" is invalid: spec.paramKind: Forbidden: ' +
      `${who} must have "get" permission on all objects of the referenced paramKind (kind=Secret, apiVersion=v1)`,
  );
  await grant("reader", { apiGroups: [""], resources: ["configmaps"], verbs: ["get"] });
  expect(await write("a", maps)).toBe("accepted");
  const change = (patch: Record<string, unknown>) =>
    outcome(client.patch(validatingadmissionpolicies, { name: "a" }, { type: "merge", patch }));
  expect(await change({ spec: { paramKind: secrets } })).toContain("kind=Secret");
  expect(await change({ spec: { failurePolicy: "Ignore" } })).toBe("accepted");
  expect(await write("unknown", { apiVersion: "example.com/v1", kind: "Thing" })).toContain("kind=Thing");

  expect(await bind("a", "a", { name: "x", namespace: "default" })).toBe("accepted");
  expect(await bind("b", "a", { selector: {} }))
    .toContain(`spec.paramRef: Forbidden: ${who} does not have "list" permission on the object referenced by paramRef`);
  expect(await bind("c", "none", { name: "x" })).toContain(
    `unable to get policy none to determine minimum required permissions and ${who} does not have "get" permission for all groups`,
  );
  await secured.admin.create(
    validatingadmissionpolicies,
    policy("odd", { apiVersion: "example.com/v1", kind: "Thing" }),
  );
  expect(await bind("d", "odd", { name: "x" })).toContain(
    "unable to resolve paramKind &{example.com/v1 Thing} to determine",
  );
  expect(await outcome(client.create(mutatingadmissionpolicybindings, binding("e", "a", { name: "x" }) as never)))
    .toContain("unable to get policy a");
});

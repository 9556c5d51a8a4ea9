import { describe, expect, it } from "vitest";
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../../../api/types/admissionregistration_v1.ts";
import type { FieldError } from "../../../api/meta/field.ts";
import { loadExpressions } from "./admission_expressions.ts";
import {
  mutatingPolicyBindingStrategy,
  mutatingPolicyStrategy,
  validatingPolicyBindingStrategy,
  validatingPolicyStrategy,
} from "./admission_policies.ts";
import { mutatingWebhookStrategy } from "./webhooks.ts";

await loadExpressions();

const rule = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] };
const metadata = { name: "policy.example.com" };

function expectParts(errors: readonly FieldError[], parts: readonly string[]): void {
  const found = errors.map(String);
  expect(found.map((one, index) => one.includes(parts[index] ?? "nothing") ? parts[index] : one)).toEqual(parts);
}

type Case = readonly [change: object, ...parts: string[]];

const service = { name: "s", namespace: "n", port: 443 };
const client = (change: object): object => ({ clientConfig: { service: { ...service, ...change } } });
const url = (url: string): object => ({ clientConfig: { url } });
const rules = (change: object): object => ({ rules: [{ ...rule, ...change }] });

const webhooks: readonly Case[] = [
  [{}],
  [url("https://example.com:8443/x y/")],
  [client({ path: "/a/b.c/" })],
  [{ matchConditions: [{ name: "a/b", expression: "  request.operation == 'CREATE' " }] }],
  [{ name: "a.b" }, 'name: Invalid value: "a.b": should be a domain with at least three segments separated by dots'],
  [{ name: "A.b.c" }, 'webhooks[0].name: Invalid value: "A.b.c": a lowercase RFC 1123 subdomain must consist of'],
  [{ sideEffects: undefined }, "sideEffects: Required value: must specify one of None, NoneOnDryRun"],
  [{ sideEffects: "Some" }, 'sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'],
  [{ matchPolicy: "Some" }, 'matchPolicy: Unsupported value: "Some": supported values: "Equivalent", "Exact"'],
  [{ reinvocationPolicy: "a" }, 'reinvocationPolicy: Unsupported value: "a": supported values: "IfNeeded", "Never"'],
  [{ admissionReviewVersions: [] }, "admissionReviewVersions: Required value: must specify one of v1, v1beta1"],
  [
    { admissionReviewVersions: ["V2", "v2", "v2"] },
    'admissionReviewVersions[0]: Invalid value: "V2"',
    'admissionReviewVersions[2]: Invalid value: "v2": duplicate version',
    'admissionReviewVersions: Invalid value: ["V2","v2","v2"]: must include at least one of v1, v1beta1',
  ],
  [{ clientConfig: {} }, "clientConfig: Required value: exactly one of url or service is required"],
  [
    client({ name: "", namespace: "", port: 0 }),
    "name: Required",
    "namespace: Required",
    "port: Invalid value: 0: port is",
  ],
  [
    client({ path: "a/B" }),
    "must start with a '/'",
    "segment[0] may not be empty",
    "segment[1]: a lowercase RFC 1123",
  ],
  [client({ path: "//" }), 'path: Invalid value: "//": segment[0] may not be empty'],
  [
    url("http://a"),
    "url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: https://host",
  ],
  [
    url("https://u:p@/x?y#z"),
    'url: Invalid value: "": host must be specified; desired format: https://host[/path]',
    'Invalid value: "u:p": user information is not permitted in the URL',
    'Invalid value: "z": fragments are not permitted in the URL',
    'Invalid value: "y": query parameters are not permitted in the URL',
  ],
  [
    url("https://a:b/"),
    'url: Required value: url must be a valid URL: parse "https://a:b/": invalid port ":b" after host; de',
  ],
  [
    rules({ operations: [], apiGroups: [], apiVersions: [], resources: [] }),
    "webhooks[0].rules[0].operations: Required value",
    "apiGroups: Required value",
    "apiVersions: Required value",
    "resources: Required value",
  ],
  [
    rules({ operations: ["*", "GET"], apiGroups: ["*", ""], apiVersions: ["*", ""], scope: "Galaxy" }),
    "if '*' is present, must not specify other operations",
    'operations[1]: Unsupported value: "GET": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
    "if '*' is present, must not specify other API groups",
    "if '*' is present, must not specify other API versions",
    "apiVersions[1]: Required value",
    'scope: Unsupported value: "Galaxy": supported values: "*", "Cluster", "Namespaced"',
  ],
  [
    rules({ resources: ["pods/*", "pods/status", "*/scale", "a/scale", "", "*/*"] }),
    "resources[1]: Invalid value: \"pods/status\": if 'pods/*' is present, must not specify pods/status",
    "resources[3]: Invalid value: \"a/scale\": if '*/scale' is present, must not specify a/scale",
    "resources[4]: Required value",
    "if '*/*' is present, must not specify other resources",
  ],
  [rules({ resources: ["*", "pods"] }), "if '*' is present, must not specify other resources without subresources"],
  [
    {
      matchConditions: [{ name: "A b", expression: "object.x" }, { expression: " " }, { name: "A b", expression: "a" }],
    },
    'matchConditions[0].expression: Invalid value: "object.x": must evaluate to bool but got dyn',
    "matchConditions[0].name: Invalid value",
    "matchConditions[1].expression: Required value",
    "matchConditions[1].name: Required value",
    'matchConditions[2].expression: Invalid value: "a": compilation failed: ERROR: <input>:1:1: undeclared reference',
    "matchConditions[2].name: Invalid value",
    'matchConditions[2].name: Duplicate value: "A b"',
  ],
  [
    { matchConditions: Array.from({ length: 65 }, (_, i) => ({ name: `c${i}`, expression: "true" })) },
    "matchConditions: Too many: 65: must have at most 64 items",
  ],
];

const matchConstraints = { resourceRules: [rule] };
const validations = [{ expression: "true" }];
const validation = (change: object): object => ({ validations: [{ ...validations[0], ...change }] });
const annotation = (change: object): object => ({
  auditAnnotations: [{ key: "k", valueExpression: "'v'", ...change }],
});

const validating: readonly Case[] = [
  [{}],
  [{
    paramKind: { apiVersion: "example.com/v1", kind: "Limit" },
    variables: [{ name: "limit", expression: "int(params.limit)" }],
    validations: [{
      expression: "object.spec.replicas <= variables.limit",
      messageExpression: "'at most ' + string(variables.limit)",
      reason: "Forbidden",
    }],
    matchConditions: [{ name: "c", expression: "params.on == true" }],
    auditAnnotations: [{ key: "k", valueExpression: "variables.limit > 3 ? 'many' : 'few'" }],
  }],
  [{ matchConstraints: undefined }, "spec.matchConstraints: Required value"],
  [{ matchConstraints: {} }, "spec.matchConstraints.resourceRules: Required value"],
  [
    { matchConstraints: { resourceRules: [{ ...rule, resourceNames: ["a/b", "c", "c"] }], matchPolicy: "a" } },
    'matchConstraints.matchPolicy: Unsupported value: "a"',
    "resourceRules[0].resourceNames[0]: Invalid value: \"a/b\": may not contain '/'",
    'resourceRules[0].resourceNames[2]: Duplicate value: "c"',
  ],
  [
    { validations: [] },
    "spec.validations: Required value: validations or auditAnnotations must contain at least one item",
    "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item",
  ],
  [validation({ expression: " " }), "spec.validations[0].expression: Required value: expression is not specified"],
  [validation({ expression: "1" }), 'expression: Invalid value: "1": must evaluate to bool but got int'],
  [validation({ message: " " }), 'message: Invalid value: " ": must be non-empty if specified'],
  [validation({ message: "a\nb" }), 'message: Invalid value: "a\\nb": must not contain line breaks'],
  [validation({ messageExpression: " " }), 'messageExpression: Invalid value: " ": must be non-empty if specified'],
  [
    validation({ messageExpression: "authorizer" }),
    'messageExpression: Invalid value: "authorizer": compilation failed',
  ],
  [validation({ reason: "a" }), 'supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"'],
  [annotation({ key: "a b" }), 'spec.auditAnnotations[0].key: Invalid value: "policy.example.com/a b"'],
  [annotation({ valueExpression: "" }), "valueExpression: Required value: valueExpression is not specified"],
  [
    annotation({ valueExpression: " 1" }),
    'valueExpression: Invalid value: " 1": must evaluate to one of [string null_type] but',
  ],
  [
    annotation({ valueExpression: `'${"x".repeat(5200)}'` }),
    "valueExpression: Required value: must not exceed 5120 bytes",
  ],
  [
    { auditAnnotations: Array.from({ length: 21 }, () => ({ key: "k", valueExpression: "'v'" })) },
    "must not have more than 20 auditAnnotations",
    ...Array.from({ length: 20 }, (_, i) => `spec.auditAnnotations[${i + 1}].key: Duplicate value: "k"`),
  ],
  [
    { variables: [{}, { name: "in", expression: "1" }, { name: "a", expression: "b" }] },
    "spec.variables[0].name: Required value: name is not specified",
    "spec.variables[0].expression: Required value: expression is not specified",
    'spec.variables[1].name: Invalid value: "in": must be a valid CEL identifier',
    'spec.variables[2].expression: Invalid value: "b": compilation failed: ERROR: <input>:1:1: undeclared reference to',
  ],
  [
    { paramKind: { apiVersion: "A_b/V1", kind: "a b" } },
    'spec.paramKind.apiVersion: Invalid value: "A_b"',
    'spec.paramKind.apiVersion: Invalid value: "V1"',
    'spec.paramKind.kind: Invalid value: "a b": may have mixed case, but should otherwise match: a DNS-1035 label',
  ],
  [{ paramKind: { apiVersion: "a/b/c", kind: "A" } }, 'Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
  [{ paramKind: { apiVersion: "a/", kind: "A" } }, 'Invalid value: "a/": version must be specified'],
  [{ paramKind: {} }, "spec.paramKind.apiVersion: Required value", "spec.paramKind.kind: Required value"],
];

const patch = { patchType: "JSONPatch", jsonPatch: { expression: "[JSONPatch{op: 'remove', path: '/a'}]" } };
const configuration = { expression: "Object{spec: Object.spec{replicas: variables.one}}" };
const mutation = (change: object): object => ({ mutations: [{ ...patch, ...change }] });
const mutating: readonly Case[] = [
  [{}],
  [{
    variables: [{ name: "one", expression: "1" }],
    mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: configuration }],
  }],
  [{ mutations: [] }, "spec.mutations: Required value: mutations must contain at least one item"],
  [{ reinvocationPolicy: "" }, "spec.reinvocationPolicy: Required value"],
  [mutation({ patchType: "" }), "spec.mutations[0].patchType: Required value"],
  [mutation({ patchType: "a" }), 'Unsupported value: "a": supported values: "ApplyConfiguration", "JSONPatch"'],
  [mutation({ jsonPatch: undefined }), "jsonPatch: Required value: must be specified when patchType is JSONPatch"],
  [
    mutation({ patchType: "ApplyConfiguration" }),
    'jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
    "applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration",
  ],
  [mutation({ jsonPatch: { expression: "[]" } }), "must evaluate to list(JSONPatch) but got list(dyn)"],
  [
    { matchConstraints: { resourceRules: [{ ...rule, operations: ["DELETE"] }] } },
    'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREA',
  ],
];

const bindings: readonly Case[] = [
  [{ paramRef: { name: "a", parameterNotFoundAction: "Deny" } }],
  [{ policyName: "" }, "spec.policyName: Required value"],
  [{ policyName: "A" }, 'spec.policyName: Invalid value: "A"'],
  [
    { paramRef: {} },
    "spec.paramRef: Required value: one of name or selector must be specified",
    "spec.paramRef.parameterNotFoundAction: Required value",
  ],
  [
    { paramRef: { name: "a/b", selector: {}, parameterNotFoundAction: "a" } },
    "spec.paramRef.name: Invalid value: \"a/b\": may not contain '/'",
    "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
    "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
    'spec.paramRef.parameterNotFoundAction: Unsupported value: "a": supported values: "Deny", "Allow"',
  ],
];
const actions: readonly Case[] = [
  [{ validationActions: [] }, "spec.validationActions: Required value: at least one validation action is required"],
  [
    { validationActions: ["Deny", "Warn", "Warn", "a"] },
    'spec.validationActions[3]: Unsupported value: "a": supported values: "Audit", "Deny", "Warn"',
    'spec.validationActions[2]: Duplicate value: "Warn"',
    "must not contain both Deny and Warn (repeating the same validation failure",
  ],
];

describe("admission registration", () => {
  it("refuses webhooks that cannot be called or matched", () => {
    const webhook = {
      name: "a.example.com",
      clientConfig: { service },
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
    };
    for (const [change, ...parts] of webhooks) {
      const object = { metadata, webhooks: [{ ...webhook, ...change }] } as unknown as MutatingWebhookConfiguration;
      expectParts(mutatingWebhookStrategy.validate!(object), parts);
    }
    const twice = { metadata, webhooks: [webhook, webhook] } as MutatingWebhookConfiguration;
    expectParts(mutatingWebhookStrategy.validate!(twice), ['webhooks[1].name: Duplicate value: "a.example.com"']);
  });

  it("refuses validating policies that could not be applied", () => {
    for (const [change, ...parts] of validating) {
      const spec = { matchConstraints, validations, ...change };
      expectParts(validatingPolicyStrategy.validate!({ metadata, spec } as ValidatingAdmissionPolicy), parts);
    }
  });

  it("refuses a wrong status of theirs", () => {
    const status = {
      typeChecking: { expressionWarnings: [{ fieldRef: " ", warning: "" }] },
      conditions: [{ type: "A", status: "a", reason: "a b" }, { type: "A", status: "True", reason: "R" }],
    };
    const object = { metadata, spec: {}, status } as unknown as ValidatingAdmissionPolicy;
    expectParts(validatingPolicyStrategy.validateStatusUpdate!(object, object), [
      "status.typeChecking.expressionWarnings[0].warning: Required value",
      "status.typeChecking.expressionWarnings[0].fieldRef: Required value",
      'status.conditions[0].status: Unsupported value: "a": supported values: "False", "True", "Unknown"',
      "status.conditions[0].lastTransitionTime: Required value",
      'status.conditions[0].reason: Invalid value: "a b": a condition reason must start with alphabetic character',
      'status.conditions[1].type: Duplicate value: "A"',
      "status.conditions[1].lastTransitionTime: Required value",
    ]);
  });

  it("refuses mutating policies that could not be applied", () => {
    for (const [change, ...parts] of mutating) {
      const spec = { matchConstraints, mutations: [patch], reinvocationPolicy: "Never", ...change };
      expectParts(mutatingPolicyStrategy.validate!({ metadata, spec } as MutatingAdmissionPolicy), parts);
    }
  });

  it("refuses bindings to nothing", () => {
    for (const [change, ...parts] of [...bindings, ...actions]) {
      const spec = { policyName: "p", validationActions: ["Deny"], ...change };
      const object = { metadata, spec } as unknown as ValidatingAdmissionPolicyBinding;
      expectParts(validatingPolicyBindingStrategy.validate!(object), parts);
    }
    for (const [change, ...parts] of bindings) {
      const object = { metadata, spec: { policyName: "p", ...change } } as unknown as MutatingAdmissionPolicyBinding;
      expectParts(mutatingPolicyBindingStrategy.validate!(object), parts);
    }
  });

  it("warns of names that are kept for files", () => {
    const object = { metadata: { name: "a.static.k8s.io" }, spec: { policyName: "p" } };
    expect(mutatingPolicyBindingStrategy.warnings!(object)[0]).toContain(
      'names ending with ".static.k8s.io" are reserved',
    );
    expect(mutatingPolicyBindingStrategy.warnings!({ ...object, metadata })).toEqual([]);
  });
});

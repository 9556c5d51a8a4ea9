import { describe, expect, it } from "vitest";
import type { FlowSchema, PriorityLevelConfiguration } from "../../../api/types/flowcontrol_v1.ts";
import { flowSchemaStrategy } from "./flow_schema.ts";
import { priorityLevelConfigurationStrategy } from "./priority_level.ts";

const said = (errors: readonly unknown[]) => errors.map(String);
const label = "a lowercase RFC 1123 label must consist of";
const subjects = [{ kind: "Group", group: { name: "g" } }];
const resources = { verbs: ["get"], apiGroups: [""], resources: ["pods"], namespaces: ["*"] };
const rule = {
  subjects,
  resourceRules: [resources],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["/", "/x/*"] }],
};

function schema(spec: object, name = "a"): FlowSchema {
  const priorityLevelConfiguration = { name: "workload-low" };
  return { metadata: { name }, spec: { priorityLevelConfiguration, matchingPrecedence: 500, ...spec } } as FlowSchema;
}

const withRule = (change: object) => schema({ rules: [{ ...rule, ...change }] });
const of = (subject: object) => withRule({ subjects: [subject] });
const resource = (change: object) => withRule({ resourceRules: [{ ...resources, ...change }] });
const urls = (...nonResourceURLs: string[]) => withRule({ nonResourceRules: [{ verbs: ["get"], nonResourceURLs }] });
const at = "spec.rules[0]";

const schemas: readonly (readonly [FlowSchema, ...string[]])[] = [
  [schema({ rules: [rule], distinguisherMethod: { type: "ByUser" } })],
  [resource({ namespaces: [], clusterScope: true })],
  [
    schema({ priorityLevelConfiguration: {} }),
    "spec.priorityLevelConfiguration.name: Required value: must reference a p",
  ],
  [schema({ matchingPrecedence: 1 }), "only the schema named 'exempt' may have matchingPrecedence 1"],
  [
    schema({ distinguisherMethod: { type: "" } }),
    'spec.distinguisherMethod.type: Unsupported value: {"Type":""}: supported values: "ByNamespace", "ByUser"',
  ],
  [withRule({ subjects: [] }), `${at}.subjects: Required value: subjects must contain at least one value`],
  [
    withRule({ resourceRules: [], nonResourceRules: [] }),
    `${at}: Required value: at least one of resourceRules and nonResourceRules has to be non-empty`,
  ],
  [of({ kind: "Robot" }), 'kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"'],
  [of({ kind: "constructor" }), "kind: Unsupported value"],
  [of({ kind: "User" }), "user: Required value: user is required when subject kind is 'User'"],
  [
    of({ kind: "User", user: {}, group: {}, serviceAccount: {} }),
    "group: Forbidden: group is forbidden when subject kind is not 'Group'",
    "serviceAccount: Forbidden: serviceAccount is forbidden when subject kind is not 'ServiceAccount'",
    "user.name: Required value",
  ],
  [
    of({ kind: "ServiceAccount", serviceAccount: { name: "A b", namespace: "" } }),
    "serviceAccount.name: Invalid value",
    "serviceAccount.namespace: Required value: must specify namespace for service account",
  ],
  [
    of({ kind: "ServiceAccount", serviceAccount: { name: "*", namespace: "a.b" } }),
    "serviceAccount.namespace: Invalid",
  ],
  [
    resource({ verbs: [], apiGroups: [], resources: [], namespaces: [] }),
    "verbs: Required value: verbs must contain at least one value",
    "apiGroups: Required value: resource rules must supply at least one api group",
    "resources: Required value: resource rules must supply at least one resource",
    "namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace",
  ],
  [
    resource({ verbs: ["*", "get"], apiGroups: ["*", ""], resources: ["*", "a"], namespaces: ["*", "a"] }),
    "if '*' is present, must not specify other verbs",
    "if '*' is present, must not specify other api groups",
    "if '*' is present, must not specify other resources",
    "if '*' is present, must not specify other namespaces",
  ],
  [resource({ verbs: ["get", "grab"] }), 'verbs: Unsupported value: ["get","grab"]: supported values: "create", "del'],
  [
    resource({ namespaces: ["A b"] }),
    `namespaces[0]: Invalid value: "A b": each member of this list must be '*' or a DNS-1123 label; ${label}`,
  ],
  [urls("*", "/a"), "if '*' is present, must not specify other non-resource URLs"],
  [
    urls("", "a", "/a b", "/a//b", "/a*", "/*/a", "/*/*"),
    'nonResourceURLs[0]: Invalid value: "": must not be empty',
    'nonResourceURLs[1]: Invalid value: "a": must start with slash',
    "must not contain white-space",
    "must not contain double slash",
    'nonResourceURLs[4]: Invalid value: "/a*": wildcard can only do suffix matching',
    "wildcard can only do suffix matching",
    "wildcard can only do suffix matching",
  ],
  [schema({}, "catch-all"), "spec of 'catch-all' must equal the fixed value"],
];

const queuing = { queues: 64, handSize: 6, queueLengthLimit: 50 };
const queue = { type: "Queue", queuing };

function level(spec: object, name = "a"): PriorityLevelConfiguration {
  return { metadata: { name }, spec } as PriorityLevelConfiguration;
}

const limited = (change: object) => level({ type: "Limited", limited: { limitResponse: queue, ...change } });
const queues = (change: object) => limited({ limitResponse: { type: "Queue", queuing: { ...queuing, ...change } } });

const levels: readonly (readonly [PriorityLevelConfiguration, ...string[]])[] = [
  [limited({ nominalConcurrencyShares: 0, lendablePercent: 100, borrowingLimitPercent: 0 })],
  [level({ type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 50 } }, "exempt")],
  [
    level({
      type: "Limited",
      limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: "Reject" } },
    }, "catch-all"),
  ],
  [
    limited({ nominalConcurrencyShares: -1, lendablePercent: 101, borrowingLimitPercent: -1 }),
    "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
    "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
    "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer",
  ],
  [limited({ limitResponse: { type: "" } }), "limitResponse.type: Unsupported value"],
  [
    limited({ limitResponse: { type: "Queue" } }),
    "queuing: Required value: must not be empty if limited.limitResponse.",
  ],
  [
    limited({ limitResponse: { type: "Reject", queuing } }),
    "queuing: Forbidden: must be nil if limited.limitResponse.t",
  ],
  [queues({ queues: 1 }), "handSize: Invalid value: 6: should not be greater than queues (1)"],
  [
    queues({ queues: 10_000_001, handSize: 3 }),
    "queues: Invalid value: 10000001: must not be greater than 10000000",
    "handSize: Invalid value: 3: required entropy bits of deckSize 10000001 and handSize 3 should not be greater than 60",
  ],
  [queues({ queueLengthLimit: -1 }), "queueLengthLimit: Invalid value: -1: must be positive"],
  [
    level({ type: "Exempt", limited: {}, exempt: { lendablePercent: -1 } }, "exempt"),
    "spec.limited: Forbidden: must be nil if the type is not Limited",
    "spec.exempt.lendablePercent: Invalid value: -1: must be between 0 and 100, inclusive",
    "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value",
  ],
  [
    {
      ...limited({}),
      metadata: { name: "a", annotations: { "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares": "" } },
    },
    "metadata.annotations: Forbidden: annotation 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares' is forb",
  ],
  [{ ...limited({}), metadata: { name: "catch-all" } }, "spec of 'catch-all' must equal the fixed value"],
];

function expectParts(found: readonly string[], parts: readonly string[]): void {
  expect(found.map((one, index) => one.includes(parts[index] ?? "nothing") ? parts[index] : one)).toEqual(parts);
}

describe("flow control", () => {
  it("has flow schemas that say whose requests, and which", () => {
    for (const [object, ...parts] of schemas) expectParts(said(flowSchemaStrategy.validate!(object)), parts);
  });

  it("has priority levels that can be served", () => {
    for (const [object, ...parts] of levels) {
      expectParts(said(priorityLevelConfigurationStrategy.validate!(object)), parts);
    }
  });

  it("has conditions with one type each", () => {
    const status = { conditions: [{ type: "A" }, { type: "A" }, {}] };
    const expected = ['status.conditions[1].type: Duplicate value: "A"', "status.conditions[2].type: Required value"];
    const [object, other] = [schema({}), limited({})];
    expect(said(flowSchemaStrategy.validateStatusUpdate!({ ...object, status }, object))).toEqual(expected);
    expect(said(priorityLevelConfigurationStrategy.validateStatusUpdate!({ ...other, status }, other))).toEqual(
      expected,
    );
  });
});

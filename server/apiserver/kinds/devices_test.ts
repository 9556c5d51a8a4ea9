import { beforeEach, describe, expect, it } from "vitest";
import type { FieldError } from "../../../api/meta/field.ts";
import type {
  DeviceClass,
  ResourceClaim,
  ResourceClaimStatus,
  ResourceClaimTemplate,
  ResourceSlice,
} from "../../../api/types/resource_v1.ts";
import {
  deviceClassStrategy,
  resourceClaimStrategy,
  resourceClaimTemplateStrategy,
  resourceSliceStrategy,
} from "./devices.ts";
import { loadSelectors } from "./device_selectors.ts";

const metadata = { name: "a", namespace: "team" };
const opaque = { driver: "d", parameters: {} };

/** Each text begins with what stands beside it; there are no others. */
function expectBegins(errors: readonly FieldError[] | undefined, begins: readonly string[]): void {
  const texts = (errors ?? []).map(String);
  expect(texts.map((text, index) => text.slice(0, begins[index]?.length))).toEqual([...begins]);
}

beforeEach(loadSelectors);

describe("a ResourceClaim", () => {
  const exactly = { deviceClassName: "c" };
  const request = { name: "r", exactly };
  const claim = (devices: object, status?: ResourceClaimStatus): ResourceClaim => {
    const made = { metadata, spec: { devices }, ...status && { status } } as ResourceClaim;
    resourceClaimStrategy.defaults!(made);
    return made;
  };
  const many = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index));
  const not = "must be the name of a request";
  const refused: readonly (readonly [object, ...string[]])[] = [
    [
      { requests: [{}] },
      'requests[0].name: Invalid value: ""',
      "requests[0]: Required value: exactly one of `exactly`",
    ],
    [{ requests: [request, request] }, 'requests[1]: Duplicate value: "r"'],
    [
      { requests: many(33, (index) => ({ ...request, name: `r${index}` })) },
      "requests: Too many: 33: must have at most 32",
    ],
    [
      { requests: [{ ...request, firstAvailable: [{ name: "a", ...exactly }] }] },
      "requests[0]: Invalid value: null: exac",
    ],
    [
      { requests: [{ name: "r", firstAvailable: [{ name: "A", ...exactly }] }] },
      "requests[0].firstAvailable[0].name: Inv",
    ],
    [
      { requests: [{ name: "r", firstAvailable: [{ name: "a", ...exactly }, { name: "a", ...exactly }] }] },
      'requests[0].firstAvailable[1]: Duplicate value: "a"',
    ],
    [
      { requests: [{ name: "r", exactly: { deviceClassName: "", allocationMode: "All", count: 1 } }] },
      "requests[0].exactly.deviceClassName: Required value",
      "requests[0].exactly.count: Invalid value: 1: must not be specified when allocationMode is 'All'",
    ],
    [
      { requests: [{ name: "r", exactly: { ...exactly, allocationMode: "Some" } }] },
      'requests[0].exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"',
    ],
    [
      { requests: [{ name: "r", exactly: { ...exactly, count: -1, selectors: [{}, { cel: { expression: "1" } }] } }] },
      "requests[0].exactly.selectors[0].cel: Required value",
      'requests[0].exactly.selectors[1].cel.expression: Invalid value: "1": must evaluate to bool or the unknown type, not int',
      "requests[0].exactly.count: Invalid value: -1: must be greater than zero",
    ],
    [
      {
        requests: [{
          name: "r",
          exactly: { ...exactly, tolerations: [{ operator: "Exists", value: "v", effect: "Odd" }, { key: "a b" }] },
        }],
      },
      'requests[0].exactly.tolerations[0].value: Invalid value: "v": must be empty for operator `Exists`',
      'requests[0].exactly.tolerations[0].effect: Unsupported value: "Odd": supported values: "NoExecute", "NoSchedule", "N',
      'requests[0].exactly.tolerations[1].key: Invalid value: "a b"',
    ],
    [
      { requests: [request], constraints: [{ requests: ["r", "s"], matchAttribute: "a b" }, {}] },
      `constraints[0].requests[1]: Invalid value: "s": ${not}`,
      'constraints[0].matchAttribute: Invalid value: "a b": a valid C identifier',
      'constraints[0].matchAttribute: Invalid value: "a b": a fully qualified name',
      'constraints[1]: Required value: exactly one of "matchAttribute"',
    ],
    [
      {
        requests: [{ name: "r", firstAvailable: [{ name: "a", ...exactly }] }],
        config: [{ requests: ["r/a", "r/b"], opaque }],
      },
      `config[0].requests[1]: Invalid value: "r/b": ${not}`,
    ],
    [
      {
        config: [{}, { opaque: { parameters: [] } }, {
          opaque: { driver: "d", parameters: { a: "x".repeat(10_240) } },
        }],
      },
      "config[0].opaque: Required value",
      "config[1].opaque.driver: Required value",
      'config[1].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
      "config[2].opaque.parameters: Too long: may not be more than 10240 bytes",
    ],
  ];
  for (const [devices, ...begins] of refused) {
    it(`refused: ${JSON.stringify(devices).slice(0, 100)}`, () => {
      expectBegins(resourceClaimStrategy.validateCreate!(claim(devices)), begins.map((text) => `spec.devices.${text}`));
    });
  }

  it("is never changed", () => {
    const errors = resourceClaimStrategy.validateUpdate!(claim({}), claim({ requests: [request] }));
    const shown = '{"Devices":{"Requests":null,"Constraints":null,"Config":null}}';
    expectBegins(errors, [`spec: Invalid value: ${shown}: field is immutable`]);
  });

  const device = { driver: "d", pool: "p", device: "x" };
  const allocation = { devices: { results: [{ request: "r", ...device }] } };
  const consumer = { resource: "pods", name: "p", uid: "u" };
  const shareID = "123E4567-e89b-12d3-a456-426614174000";
  const statuses: readonly (readonly [string, ResourceClaimStatus, ResourceClaimStatus | undefined, ...string[]])[] = [
    ["valid", { allocation, reservedFor: [consumer], devices: [device] }, undefined],
    [
      "consumers",
      { allocation, reservedFor: [consumer, {} as typeof consumer, consumer] },
      undefined,
      "reservedFor[1].resource: Required value",
      "reservedFor[1].name: Required value",
      "reservedFor[1].uid: Required value",
      'reservedFor[2]: Duplicate value: "u"',
    ],
    ["reserved without being allocated", { reservedFor: [consumer] }, undefined, "reservedFor: Forbidden: may not be"],
    [
      "allocated otherwise",
      { allocation: { devices: {} } },
      { allocation },
      'allocation: Invalid value: {"Devices":{"Results":null,"Config":null},"NodeSelector":null,"AllocationTimestamp":null}: fie',
    ],
    [
      "allocated wrongly",
      {
        allocation: {
          devices: {
            results: [{ request: "s", driver: "", pool: "a//b", device: "", shareID, bindingConditions: ["ok"] }],
            config: [{ source: "Odd", opaque }],
          },
          nodeSelector: { nodeSelectorTerms: [] },
        },
      },
      undefined,
      `allocation.devices.results[0].request: Invalid value: "s": ${not}`,
      "allocation.devices.results[0].driver: Required value",
      'allocation.devices.results[0].pool: Invalid value: ""',
      'allocation.devices.results[0].device: Invalid value: ""',
      "allocation.devices.results[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required",
      `allocation.devices.results[0].shareID: Invalid value: "${shareID}": uid must be in RFC 4122 normalized form`,
      'allocation.devices.config[0].source: Unsupported value: "Odd": supported values: "FromClaim", "FromClass"',
      "allocation.nodeSelector.nodeSelectorTerms: Required value",
    ],
    [
      "told of other devices",
      {
        allocation,
        devices: [device, device, { ...device, shareID: "u", networkData: { ips: ["10.0.0.1", "010.0.0.1/8"] } }],
      },
      undefined,
      'devices[2].shareID: Invalid value: "u": error validating uid: invalid UUID length: 1',
      'devices[2]: Invalid value: {"Driver":"d","Pool":"p","Device":"x","ShareID":"u"}: must be an allocated device',
      'devices[2].networkData.ips[0]: Invalid value: "10.0.0.1": must be a valid address in CIDR form',
      'devices[2].networkData.ips[1]: Invalid value: "010.0.0.1/8": must be in canonical form ("10.0.0.1/8")',
      'devices[1]: Duplicate value: {"Driver":"d","Pool":"p","Device":"x","ShareID":""}',
    ],
  ];
  for (const [name, status, before, ...begins] of statuses) {
    it(`status: ${name}`, () => {
      const errors = resourceClaimStrategy.validateStatusUpdate!(
        claim({ requests: [request] }, status),
        claim({ requests: [request] }, before),
      );
      expectBegins(errors, begins.map((text) => `status.${text}`));
    });
  }

  it("that goes finds no new consumers", () => {
    const leaving = claim({ requests: [request] }, { allocation, reservedFor: [consumer] });
    leaving.metadata = { ...metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    expectBegins(resourceClaimStrategy.validateStatusUpdate!(leaving, claim({}, { allocation })), [
      "status.reservedFor: Forbidden: new entries may not be added",
    ]);
    expectBegins(resourceClaimStrategy.validateStatusUpdate!(leaving, leaving), []);
  });

  it("forgets what was told of devices that are taken from it", () => {
    const old = claim({}, { allocation, devices: [device] });
    const freed = claim({}, { devices: [device, { ...device, device: "y" }] });
    resourceClaimStrategy.prepareForStatusUpdate!(freed, old, 0);
    expect(freed.status).toEqual({ devices: [{ ...device, device: "y" }] });
  });
});

describe("a ResourceClaimTemplate", () => {
  const template = (spec: object) => ({ metadata, spec }) as ResourceClaimTemplate;

  it("has labels and annotations for its claims, and nothing that the server decides", () => {
    expectBegins(
      resourceClaimTemplateStrategy.validate!(
        template({ metadata: { labels: { "a b": "c" }, name: "n", uid: "u" }, spec: { devices: { requests: [{}] } } }),
      ),
      [
        'spec.metadata.labels: Invalid value: "a b"',
        "spec.metadata.name: Forbidden: cannot be set",
        "spec.metadata.uID: Forbidden: cannot be set",
        'spec.spec.devices.requests[0].name: Invalid value: ""',
        "spec.spec.devices.requests[0]: Required value",
      ],
    );
  });

  it("is never changed", () => {
    const [old, changed] = [template({ spec: {} }), template({ metadata: { labels: { a: "b" } }, spec: {} })];
    expectBegins(resourceClaimTemplateStrategy.validateUpdate!(changed, old), [
      'spec: Invalid value: {"labels":{"a":"b"},"Spec":{"Devices":{"Requests":null,"Constraints":null,"Config":null}}}: field is',
    ]);
  });
});

describe("a DeviceClass", () => {
  const long = { opaque: { driver: "d", parameters: { a: "x".repeat(10_240) } } };
  const made = (spec: object): DeviceClass => ({ metadata: { name: "a" }, spec });

  it("chooses devices by expressions, and has an extended resource's name", () => {
    const expression = 'device.driver == "d" && device.attributes["d"].model == "m" && ' +
      'device.capacity["d"].memory.isGreaterThan(quantity("1Gi")) && !device.allowMultipleAllocations';
    const unknown = { cel: { expression: 'device.attributes["d"].isFast' } };
    expectBegins(
      deviceClassStrategy.validate!(
        made({ selectors: [{ cel: { expression } }, unknown], extendedResourceName: "a.com/b" }),
      ),
      [],
    );
    expectBegins(deviceClassStrategy.validate!(made({ selectors: [{ cel: {} }], extendedResourceName: "cpu" })), [
      'spec.selectors[0].cel.expression: Invalid value: "": compilation failed: ',
      'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
    ]);
    const endless = { cel: { expression: " ".repeat(10_241) } };
    expectBegins(deviceClassStrategy.validate!(made({ selectors: [endless] })), [
      "spec.selectors[0].cel.expression: Too long: may not be more than 10240 bytes",
    ]);
  });

  it("keeps parameters that were longer once", () => {
    const tooLong = "spec.config[0].opaque.parameters: Too long";
    expectBegins(deviceClassStrategy.validate!(made({ config: [long] })), [tooLong]);
    expectBegins(deviceClassStrategy.validate!(made({ config: [long] }), made({})), [tooLong]);
    expectBegins(deviceClassStrategy.validate!(made({ config: [long] }), made({ config: [long] })), []);
  });
});

describe("a ResourceSlice", () => {
  const pool = { name: "p", generation: 0, resourceSliceCount: 1 };
  const slice = (spec: object) =>
    ({ metadata: { name: "a", generation: 1 }, spec: { driver: "d", pool, nodeName: "n", ...spec } }) as ResourceSlice;
  const one = (device: object) => ({ devices: [{ name: "x", ...device }] });
  const counters = { c: { value: "1" } };
  const policy = (requestPolicy: object) =>
    one({ allowMultipleAllocations: true, capacity: { memory: { value: "10Gi", requestPolicy } } });
  const inPolicy = "devices[0].capacity[memory].requestPolicy";
  const shared = { nodeName: undefined, perDeviceNodeSelection: true };
  const refused: readonly (readonly [object, ...string[]])[] = [
    [
      { driver: "", pool: { generation: -1 } },
      "driver: Required value",
      "pool.name: Required value",
      "pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
      "pool.generation: Invalid value: -1: must be greater than or equal to zero",
    ],
    [{ nodeName: undefined }, "Required value: exactly one of `nodeName`, `nodeSelector`"],
    [
      { nodeName: "", allNodes: false },
      'nodeName: Invalid value: ""',
      "allNodes: Invalid value: false",
      "Required value",
    ],
    [{ allNodes: true }, 'Invalid value: "{`nodeName`, `allNodes`}": exactly one of'],
    [
      { nodeName: undefined, nodeSelector: { nodeSelectorTerms: [{}, {}] } },
      'nodeSelector.nodeSelectorTerms: Invalid value: [{"MatchExpressions":null,"MatchFields":null},{"Match',
    ],
    [{ ...one({}), sharedCounters: [{ name: "a", counters }] }, 'Invalid value: "": only one of `sharedCounters` or'],
    [
      { sharedCounters: [{ name: "", counters: {} }, { name: "A", counters: { B: { value: "1" } } }] },
      "sharedCounters[0].name: Required value",
      "sharedCounters[0].counters: Required value",
      'sharedCounters[1].name: Invalid value: "A"',
      'sharedCounters[1].counters: Invalid value: "B"',
    ],
    [{ devices: [{ name: "x" }, { name: "x" }] }, 'devices[1]: Duplicate value: "x"'],
    [
      {
        devices: Array.from(
          { length: 65 },
          (_, index) => ({ name: `x${index}`, taints: [{ key: "a", effect: "None" }] }),
        ),
      },
      "devices: Too many: 65: must have at most 64 items",
    ],
    [
      one({ attributes: { "a b": { int: 1 }, "/n": {}, "d.com/n": { int: 1, bool: false }, v: { version: "1.0" } } }),
      'devices[0].attributes: Invalid value: "a b": a valid C identifier',
      'devices[0].attributes: Invalid value: "": the domain must not be empty',
      'devices[0].attributes[/n]: Invalid value: "": exactly one value must be specified',
      'devices[0].attributes[d.com/n]: Invalid value: {"IntValue":1,"BoolValue":false,"StringValue":null,',
      'devices[0].attributes[v].version: Invalid value: "1.0": must be a string compatible with semver.org spec 2.0.0',
    ],
    [
      one({ attributes: { s: { string: "x".repeat(65) } } }),
      "devices[0].attributes[s].string: Too long: may not be more than 64",
    ],
    [
      one({ capacity: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`c${index}`, { value: "1" }])) }),
      "devices[0]: Invalid value: 33: the total number of attributes and capacities must not exceed 32",
    ],
    [
      one({ capacity: { memory: { value: "1", requestPolicy: {} } } }),
      `${inPolicy}: Forbidden: allowMultipleAllocations`,
    ],
    [
      policy({ validValues: ["1Gi"], validRange: { min: "1" } }),
      `${inPolicy}: Forbidden: exactly one policy can be specified`,
    ],
    [policy({ validValues: ["1Gi"] }), `${inPolicy}.default: Required value: required when validValues is defined`],
    [
      policy({ default: "3Gi", validValues: ["2Gi", "1Gi", "20Gi"] }),
      `${inPolicy}.validValues[1]: Invalid value: "1Gi": values must be sorted in ascending order`,
      `${inPolicy}.validValues[2]: Invalid value: "20Gi": option is larger than capacity value: 10Gi`,
      `${inPolicy}.validValues: Invalid value: "3Gi": default value is not valid`,
    ],
    [policy({ default: "1Gi", validRange: {} }), `${inPolicy}.validRange.min: Required value`],
    [
      policy({ default: "1Gi", validRange: { min: "2Gi", max: "11Gi", step: "3Gi" } }),
      `${inPolicy}.validRange.min: Invalid value: "1Gi": default is less than min: 2Gi`,
      `${inPolicy}.validRange.max: Invalid value: "11Gi": max is larger than capacity value: 10Gi`,
      `${inPolicy}.validRange.step: Invalid value: "1Gi": value is not a multiple of a given step (3Gi) from (2Gi)`,
    ],
    [
      policy({ default: "12Gi", validRange: { min: "11Gi", max: "9Gi", step: "1Gi" } }),
      `${inPolicy}.validRange.min: Invalid value: "11Gi": min is larger than capacity value: 10Gi`,
      `${inPolicy}.validRange.max: Invalid value: "11Gi": min is larger than max: 9Gi`,
      `${inPolicy}.validRange.max: Invalid value: "12Gi": default is more than max: 9Gi`,
      `${inPolicy}.validRange.step: Invalid value: "1Gi": one step 12Gi is larger than capacity value: 10Gi`,
    ],
    [
      one({ taints: [{ value: "a b", effect: "" }, { key: "a", effect: "Odd" }] }),
      'devices[0].taints[0].key: Invalid value: "": name part must be non-empty',
      'devices[0].taints[0].key: Invalid value: "": name part must consist',
      'devices[0].taints[0].value: Invalid value: "a b"',
      "devices[0].taints[0].effect: Required value",
      'devices[0].taints[1].effect: Unsupported value: "Odd"',
    ],
    [
      one({
        consumesCounters: [{ counterSet: "", counters: {} }, { counterSet: "s", counters }, {
          counterSet: "s",
          counters,
        }],
      }),
      "devices[0].consumesCounters: Too many: 3: must have at most 2 items",
    ],
    [
      one({ consumesCounters: [{ counterSet: "s", counters }, { counterSet: "s", counters }] }),
      'devices[0].consumesCounters[1]: Duplicate value: "s"',
    ],
    [
      one({ nodeName: "n" }),
      "devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if",
    ],
    [
      { ...shared, ...one({}) },
      "devices[0]: Required value: exactly one of `nodeName`, `nodeSelector`, or `allNodes` is",
    ],
    [
      { ...shared, ...one({ nodeName: "n", allNodes: true }) },
      'devices[0]: Invalid value: "{`nodeName`, `allNodes`}": exactly one of',
    ],
    [
      one({ bindingConditions: ["a", "a"], bindingFailureConditions: ["a"] }),
      'devices[0].bindingConditions[1]: Duplicate value: "a"',
      'devices[0].bindingFailureConditions[0]: Invalid value: "a": bindingFailureConditions must not overlap',
    ],
    [
      one({ bindingFailureConditions: ["a"] }),
      "devices[0].bindingConditions: Invalid value: null: bindingConditions are",
    ],
  ];
  for (const [spec, ...begins] of refused) {
    it(`refused: ${JSON.stringify(spec).slice(0, 100)}`, () => {
      const at = (text: string) => /^[a-z]/.test(text) ? `spec.${text}` : `spec: ${text}`;
      expectBegins(resourceSliceStrategy.validate!(slice(spec)), begins.map(at));
    });
  }

  it("stays where it is, and has its driver and pool for good", () => {
    const changed = slice({ driver: "e", nodeName: "m", pool: { ...pool, name: "q" } });
    expectBegins(resourceSliceStrategy.validate!(changed, slice({})), [
      'spec.pool.name: Invalid value: "q": field is immutable',
      'spec.driver: Invalid value: "e": field is immutable',
      'spec.nodeName: Invalid value: "m": field is immutable',
    ]);
  });

  it("keeps taints that were valid once", () => {
    const odd = one({ taints: [{ key: "a", effect: "Odd" }] });
    expect(resourceSliceStrategy.validate!(slice(odd), slice(odd))).toEqual([]);
    expect(resourceSliceStrategy.validate!(slice(odd), slice({}))).toHaveLength(1);
  });

  it("has times for new taints, no fields of features that are off, and counts its changes", () => {
    const made = slice(one({ taints: [{ key: "a", effect: "None" }], attributes: { a: { int: 1, ints: [1] } } }));
    resourceSliceStrategy.defaultTimes!(made, Date.parse("2026-01-01T00:00:00Z"));
    resourceSliceStrategy.prepareForUpdate!(made, slice({}));
    expect(made.spec.devices).toEqual([{
      name: "x",
      taints: [{ key: "a", effect: "None", timeAdded: "2026-01-01T00:00:00Z" }],
      attributes: { a: { int: 1 } },
    }]);
    expect(made.metadata.generation).toBe(2);
  });

  it("tells of capital letters in its driver's name", () => {
    expect(resourceSliceStrategy.warnings!(slice({ driver: "D.com" }))).toEqual([
      'spec.driver: driver names should be lowercase; "D.com" contains uppercase characters',
    ]);
  });
});

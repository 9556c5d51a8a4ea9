import { describe, expect, it } from "vitest";
import { deepFreeze } from "../meta/freeze.ts";
import { schema } from "../schema/schema.ts";
import { checkValue, maxDepth } from "./check.ts";

const pod = schema.ofKind("v1", "Pod")!;
const messageOf = (apiVersion: string, kind: string) => schema.ofKind(apiVersion, kind)!;

function check(value: unknown, message = pod) {
  const before = JSON.stringify(value);
  const checked = checkValue(deepFreeze(value as object), message, schema);
  expect(JSON.stringify(value)).toBe(before);
  return checked;
}

describe("checkValue", () => {
  it("answers the value itself when nothing has to change", () => {
    const value = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a" },
      spec: { containers: [{ name: "c", image: "i" }] },
    };
    const checked = check(value);
    expect(checked.value).toBe(value);
    expect(checked).toMatchObject({ unknown: [], wrong: [], keys: 8 });
  });

  it("shares what did not change with a copy of what did", () => {
    const value = { metadata: { name: "a" }, spec: { containers: [{ name: "c", nope: 1 }, { name: "d" }] } };
    const checked = check(value);
    const copy = checked.value as typeof value;
    expect(copy).toEqual({ metadata: { name: "a" }, spec: { containers: [{ name: "c" }, { name: "d" }] } });
    expect(copy.metadata).toBe(value.metadata);
    expect(copy.spec.containers[1]).toBe(value.spec.containers[1]);
    expect(checked.unknown.map((p) => p.message)).toEqual(['unknown field "spec.containers[0].nope"']);
  });

  it("reports every wrong type with its path and value", () => {
    const { wrong } = check({
      metadata: { labels: { a: 1 }, name: 5 },
      spec: {
        containers: [{ name: "c", ports: [{ containerPort: 80 }, { containerPort: "x" }], args: "ls", env: {} }, "c"],
        terminationGracePeriodSeconds: 1.5,
        priority: 2 ** 31,
        hostNetwork: "true",
        activeDeadlineSeconds: 2 ** 60,
        nodeSelector: [],
        securityContext: null,
      },
      status: true,
    });
    expect(wrong.map((p) => p.message)).toEqual([
      "metadata.labels.a: expected string, found number 1",
      "metadata.name: expected string, found number 5",
      'spec.containers[0].ports[1].containerPort: expected int32, found string "x"',
      'spec.containers[0].args: expected array, found string "ls"',
      "spec.containers[0].env: expected array, found object",
      'spec.containers[1]: expected object, found string "c"',
      "spec.terminationGracePeriodSeconds: expected int64 within ±(2^53-1), found number 1.5",
      "spec.priority: expected int32, found number 2147483648",
      'spec.hostNetwork: expected bool, found string "true"',
      "spec.activeDeadlineSeconds: expected int64 within ±(2^53-1), found number 1152921504606847000",
      "spec.nodeSelector: expected object, found array",
      "status: expected object, found boolean true",
    ]);
    expect(checkValue([], pod, schema).wrong[0]!.message).toBe("the object: expected object, found array");
  });

  it("leaves out null and the zero values that Go leaves out, and keeps the others", () => {
    const { value, wrong } = check({
      metadata: { name: "a", creationTimestamp: null, labels: {}, finalizers: [], generation: 0, namespace: "" },
      spec: {
        hostNetwork: false,
        containers: [{ name: "", resources: {}, args: [], stdin: false, securityContext: {}, env: null }],
        terminationGracePeriodSeconds: 0,
        enableServiceLinks: false,
        volumes: [{ name: "v", emptyDir: {} }],
        affinity: {},
      },
      status: {},
    });
    expect(wrong).toEqual([]);
    expect(value).toEqual({
      metadata: { name: "a" },
      spec: {
        containers: [{ name: "", resources: {}, securityContext: {} }],
        terminationGracePeriodSeconds: 0,
        enableServiceLinks: false,
        volumes: [{ name: "v", emptyDir: {} }],
        affinity: {},
      },
      status: {},
    });
  });

  it("makes zero values of nulls in lists and maps", () => {
    const { value } = check({ metadata: { labels: { a: null } }, spec: { containers: [null, { args: [null, "x"] }] } });
    expect(value).toEqual({ metadata: { labels: { a: "" } }, spec: { containers: [{}, { args: ["", "x"] }] } });
  });

  it("makes quantities and times canonical", () => {
    const { value, wrong } = check({
      metadata: { creationTimestamp: "2026-01-02T05:04:05.9+02:00" },
      spec: { containers: [{ resources: { limits: { cpu: 0.5, memory: "1024Mi", a: "1000m", b: 2, c: "0.1" } } }] },
    });
    expect(wrong).toEqual([]);
    expect(value).toEqual({
      metadata: { creationTimestamp: "2026-01-02T03:04:05Z" },
      spec: { containers: [{ resources: { limits: { cpu: "500m", memory: "1Gi", a: "1", b: "2", c: "100m" } } }] },
    });
    const lease = check({
      spec: { renewTime: "2026-01-02T03:04:05+00:00", acquireTime: "2026-01-02T04:04:05.123456789+01:00" },
    }, messageOf("coordination.k8s.io/v1", "Lease"));
    expect(lease.value).toEqual({
      spec: { renewTime: "2026-01-02T03:04:05.000000Z", acquireTime: "2026-01-02T03:04:05.123456Z" },
    });
  });

  it("refuses what is no quantity, time or base64", () => {
    const { wrong } = check({
      metadata: { creationTimestamp: "yesterday", deletionTimestamp: "2026-02-30T00:00:00Z" },
      spec: { overhead: { cpu: "lots", memory: true } },
    });
    expect(wrong.map((p) => p.message)).toEqual([
      'metadata.creationTimestamp: expected RFC 3339 time, found string "yesterday"',
      'metadata.deletionTimestamp: expected RFC 3339 time, found string "2026-02-30T00:00:00Z"',
      'spec.overhead.cpu: expected quantity such as 500m or 1Gi, found string "lots"',
      "spec.overhead.memory: expected quantity such as 500m or 1Gi, found boolean true",
    ]);
    const secret = messageOf("v1", "Secret");
    expect(check({ data: { a: "YWI=\n", b: "" } }, secret).value).toEqual({ data: { a: "YWI=", b: "" } });
    for (const text of ["a", "YQ", "YQ=", "Y$==", "=YQ=", "YQ==YQ=="]) {
      expect(check({ data: { a: text } }, secret).wrong.map((p) => p.message)).toEqual([
        `data.a: expected base64, found string ${JSON.stringify(text)}`,
      ]);
    }
  });

  it("takes int32 or string where a port may be either", () => {
    const service = messageOf("v1", "Service");
    const of = (targetPort: unknown) => check({ spec: { ports: [{ port: 1, targetPort }] } }, service).wrong.length;
    expect([80, "http", 1.5, true, 2 ** 40, {}].map(of)).toEqual([0, 0, 1, 1, 1, 1]);
  });

  it("treats names of Object.prototype as any other name", () => {
    const value = JSON.parse(
      '{"metadata":{"labels":{"__proto__":"a","constructor":null}},"__proto__":{"x":1},"toString":1}',
    );
    const checked = check(value);
    expect(checked.unknown.map((p) => p.message)).toEqual(['unknown field "__proto__"', 'unknown field "toString"']);
    expect(JSON.stringify(checked.value)).toBe('{"metadata":{"labels":{"__proto__":"a","constructor":""}}}');
  });

  it("keeps raw values as they are, within the depth limit", () => {
    const revision = messageOf("apps/v1", "ControllerRevision");
    const data = { a: null, b: [], c: { d: 0 }, e: [null] };
    expect(check({ data, revision: 1 }, revision).value).toEqual({ data, revision: 1 });
    const deep = nested(maxDepth + 2);
    expect(checkValue({ data: deep, revision: 1 }, revision, schema).wrong[0]!.message).toContain(
      "at most 1000 levels of nesting",
    );
    expect(checkValue(deep, undefined, schema).wrong.length).toBe(1);
    expect(checkValue(nested(maxDepth), undefined, schema).wrong).toEqual([]);
    expect(checkValue({ x: [Infinity] }, undefined, schema).wrong[0]!.message).toBe(
      "x[0]: expected finite number, found number Infinity",
    );
  });

  it("stops reporting at a hundred problems of a sort", () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x${i}`, i]));
    expect(check(many).unknown.length).toBe(100);
    expect(check({ metadata: { labels: many } }).wrong.length).toBe(100);
  });
});

function nested(levels: number): unknown {
  let value: unknown = {};
  for (let i = 1; i < levels; i++) value = { a: value };
  return value;
}

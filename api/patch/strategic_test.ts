import { describe, expect, it } from "vitest";
import { deepFreeze } from "../meta/freeze.ts";
import { schema } from "../schema/schema.ts";
import { StatusError } from "../status.ts";
import { applyStrategicPatch } from "./strategic.ts";

interface Case {
  readonly name: string;
  readonly original: Record<string, unknown>;
  readonly patch: Record<string, unknown>;
  readonly result: Record<string, unknown>;
}

function apply(apiVersion: string, kind: string, original: object, patch: unknown): object {
  const message = schema.ofKind(apiVersion, kind)!;
  return applyStrategicPatch(schema, message, deepFreeze(original), deepFreeze(patch));
}

const pod = (spec: Record<string, unknown>) => ({ spec });
const containers = (...list: unknown[]) => pod({ containers: list });

const podCases: Case[] = [
  {
    name: "merges maps and removes with null",
    original: { metadata: { labels: { a: "1", b: "2" } } },
    patch: { metadata: { labels: { a: null, c: "3" } } },
    result: { metadata: { labels: { b: "2", c: "3" } } },
  },
  {
    name: "merges containers by name",
    original: containers({ name: "a", image: "a:1", env: [{ name: "X", value: "1" }] }, { name: "b", image: "b:1" }),
    patch: containers({ name: "b", image: "b:2" }, { name: "a", env: [{ name: "Y", value: "2" }] }),
    result: containers(
      { name: "b", image: "b:2" },
      { name: "a", image: "a:1", env: [{ name: "Y", value: "2" }, { name: "X", value: "1" }] },
    ),
  },
  {
    name: "adds a new element before the others, as upstream does",
    original: containers({ name: "a" }),
    patch: containers({ name: "b" }),
    result: containers({ name: "b" }, { name: "a" }),
  },
  {
    name: "keeps the order that $setElementOrder gives",
    original: containers({ name: "a" }, { name: "server" }, { name: "b" }),
    patch: pod({
      "$setElementOrder/containers": [{ name: "b" }, { name: "new" }, { name: "a" }],
      containers: [{ name: "new", image: "n" }],
    }),
    result: containers({ name: "server" }, { name: "b" }, { name: "new", image: "n" }, { name: "a" }),
  },
  {
    name: "only reorders when there is nothing else",
    original: containers({ name: "a" }, { name: "b" }),
    patch: pod({ "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] }),
    result: containers({ name: "b" }, { name: "a" }),
  },
  {
    name: "deletes an element",
    original: containers({ name: "a" }, { name: "b" }),
    patch: containers({ name: "a", $patch: "delete" }, { name: "missing", $patch: "delete" }),
    result: containers({ name: "b" }),
  },
  {
    name: "replaces a merged list",
    original: containers({ name: "a", image: "1" }, { name: "b" }),
    patch: containers({ $patch: "replace" }, { name: "a" }),
    result: containers({ name: "a" }),
  },
  {
    name: "replaces an object",
    original: pod({ securityContext: { runAsUser: 1, fsGroup: 2 } }),
    patch: pod({ securityContext: { $patch: "replace", fsGroup: 3 } }),
    result: pod({ securityContext: { fsGroup: 3 } }),
  },
  {
    name: "empties an object",
    original: pod({ securityContext: { runAsUser: 1 } }),
    patch: pod({ securityContext: { $patch: "delete" } }),
    result: pod({ securityContext: {} }),
  },
  {
    name: "merges lists of scalars",
    original: { metadata: { finalizers: ["a", "b"] } },
    patch: { metadata: { finalizers: ["c", "a"] } },
    result: { metadata: { finalizers: ["c", "a", "b"] } },
  },
  {
    name: "deletes from a list of scalars and orders it",
    original: { metadata: { finalizers: ["a", "b", "c"] } },
    patch: {
      metadata: {
        "$deleteFromPrimitiveList/finalizers": ["b"],
        "$setElementOrder/finalizers": ["d", "a", "c"],
        finalizers: ["d"],
      },
    },
    result: { metadata: { finalizers: ["d", "a", "c"] } },
  },
  {
    name: "replaces lists that the schema does not merge",
    original: containers({ name: "a", command: ["x", "y"] }),
    patch: containers({ name: "a", command: ["z"] }),
    result: containers({ name: "a", command: ["z"] }),
  },
  {
    name: "retains only the keys of a union's new member",
    original: pod({ volumes: [{ name: "v", emptyDir: {} }] }),
    patch: pod({ volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/x" } }] }),
    result: pod({ volumes: [{ name: "v", hostPath: { path: "/x" } }] }),
  },
  {
    name: "leaves nulls and directives out of what it adds",
    original: pod({}),
    patch: pod({
      "$setElementOrder/containers": [{ name: "a" }],
      containers: [{ name: "a", image: null, lifecycle: { preStop: null } }, { name: "b", $patch: "delete" }],
    }),
    result: containers({ name: "a", lifecycle: {} }),
  },
  {
    name: "takes new elements of a list, and lists that are not merged, as they are",
    original: pod({ containers: [{ name: "a" }], tolerations: [{ key: "b" }] }),
    patch: pod({
      containers: [{ name: "b", image: null, securityContext: { $patch: "replace", runAsUser: 1 } }],
      tolerations: [{ $patch: "delete", key: "b" }],
    }),
    result: pod({
      containers: [{ name: "b", image: null, securityContext: { $patch: "replace", runAsUser: 1 } }, { name: "a" }],
      tolerations: [{ $patch: "delete", key: "b" }],
    }),
  },
  {
    name: "adds no object that says how it is patched where there is none to patch",
    original: pod({ hostname: "h" }),
    patch: pod({
      nodeSelector: { $patch: "replace", a: "b" },
      tolerations: [{ $patch: "merge", key: "a" }, { key: "b" }],
    }),
    result: pod({ hostname: "h", tolerations: [{ key: "b" }] }),
  },
  {
    name: "takes the whole list away for deletions of null",
    original: { metadata: { name: "a", finalizers: ["x.io/a"] } },
    patch: { metadata: { "$deleteFromPrimitiveList/finalizers": null } },
    result: { metadata: { name: "a" } },
  },
  {
    name: "merges ports by their number, of which there may be two",
    original: containers({
      name: "a",
      ports: [{ containerPort: 53, protocol: "UDP" }, { containerPort: 53, protocol: "TCP" }],
    }),
    patch: containers({ name: "a", ports: [{ containerPort: 53, name: "dns" }] }),
    result: containers({
      name: "a",
      ports: [{ containerPort: 53, protocol: "UDP", name: "dns" }, { containerPort: 53, protocol: "TCP" }],
    }),
  },
  {
    name: "keeps hostile names as data",
    original: { metadata: { labels: { constructor: "a" } } },
    patch: JSON.parse('{"metadata":{"labels":{"__proto__":"b","toString":"c"}}}'),
    result: JSON.parse('{"metadata":{"labels":{"constructor":"a","__proto__":"b","toString":"c"}}}'),
  },
];

describe("applyStrategicPatch", () => {
  for (const { name, original, patch, result } of podCases) {
    it(name, () => {
      expect(JSON.stringify(apply("v1", "Pod", original, patch))).toBe(JSON.stringify(result));
    });
  }

  it("takes nothing for no change, and orders and deletions of other things for none", () => {
    const original = { metadata: { finalizers: ["a"] }, spec: { tolerations: [{ key: "a" }] } };
    const patches = [
      null,
      { metadata: { "$deleteFromPrimitiveList/finalizers": "a" } },
      { spec: { "$setElementOrder/tolerations": [{ key: "a" }] } },
    ];
    for (const patch of patches) expect(apply("v1", "Pod", original, patch)).toEqual(original);
  });

  it("drops what a change of a Deployment's strategy makes void", () => {
    const original = { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } };
    const patch = { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } };
    expect(apply("apps/v1", "Deployment", original, patch)).toEqual({ spec: { strategy: { type: "Recreate" } } });
  });

  it("shares what it does not touch", () => {
    const original = { metadata: { name: "x" }, spec: { containers: [{ name: "a" }] } };
    const patched = apply("v1", "Pod", original, { metadata: { labels: { a: "b" } } }) as typeof original;
    expect(patched.spec).toBe(original.spec);
  });

  it.each<[number, unknown, string]>([
    [400, [], "json: cannot unmarshal array into Go value of type map[string]interface {}"],
    [400, { $setElementOrder: ["a"] }, "invalid patch format of setElementOrder list"],
    [400, { $deleteFromPrimitiveList: ["a"] }, "invalid patch format of primitive list"],
    [400, { $patch: "merge" }, 'patch: $patch "merge" is not one of'],
    [400, { spec: { containers: [{ name: "a", $patch: "merge" }] } }, '$patch "merge" is not one of'],
    [400, { spec: { "$setElementOrder/unknown": [] } }, "orders a field that there is not"],
    [400, { "$setElementOrder/spec": [] }, "which is no list"],
    [400, { spec: { "$setElementOrder/containers": [{ name: "a" }], containers: null } }, "must be a list"],
    [422, { spec: { "$deleteFromPrimitiveList/containers": ["a"] } }, "values of several types"],
    [400, { $patch: "eat" }, 'patch: $patch "eat" is not one of'],
    [400, { spec: { $retainKeys: "x" } }, "invalid patch format of retainKeys: spec: $retainKeys must be a list"],
    [
      400,
      { spec: { $retainKeys: ["x"], nodeName: "n" } },
      "invalid patch format of retainKeys: spec: the patch sets nodeName",
    ],
    [
      422,
      { spec: { containers: [{ image: "x" }] } },
      'spec.containers: the element {"image":"x"} lacks the merge key name',
    ],
    [422, { spec: { containers: ["x"] } }, "spec.containers: objects and scalars"],
    [422, { spec: { containers: [["x"]] } }, "spec.containers: lists of lists"],
    [422, { spec: { "$setElementOrder/containers": [{ name: "x" }], containers: [{ name: "y" }] } }, "is not where"],
  ])("refuses %s", ([code, patch, message]) => {
    const original = { spec: { containers: [{ name: "a" }] } };
    let thrown: unknown;
    try {
      apply("v1", "Pod", original, patch);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(StatusError);
    expect((thrown as StatusError).message).toContain(message);
    expect((thrown as StatusError).code).toBe(code);
  });
});

import { describe, expect, it } from "vitest";
import type { KubeObject } from "../resource.ts";
import { replicasets } from "../resources.ts";
import { type ConditionLike, findCondition, isConditionTrue, setCondition, withoutCondition } from "./conditions.ts";
import { deepEqual } from "./deep_equal.ts";
import { hasFinalizer, withFinalizer, withoutFinalizer } from "./finalizers.ts";
import { deepFreeze } from "./freeze.ts";
import { canonicalJson, fnv32a, templateHash } from "./hash.ts";
import { IntOrStringError, resolveIntOrPercent } from "./int_or_string.ts";
import { controllerOf, controllerReference, isControlledBy } from "./owner.ts";

describe("conditions", () => {
  const now = Date.UTC(2026, 0, 1);
  const ready: ConditionLike & { lastHeartbeatTime?: string } = {
    type: "Ready",
    status: "True",
    reason: "Fine",
    lastTransitionTime: "2025-01-01T00:00:00Z",
  };

  it("keep their transition time until the status changes", () => {
    const list = deepFreeze([ready]);
    const same = setCondition(list, { type: "Ready", status: "True", reason: "Better" }, now);
    expect(same).toEqual([{ ...ready, reason: "Better" }]);
    const changed = setCondition(list, { type: "Ready", status: "False" }, now);
    expect(changed).toEqual([{ type: "Ready", status: "False", lastTransitionTime: "2026-01-01T00:00:00Z" }]);
    expect(setCondition(undefined, { type: "A", status: "True" }, now)).toHaveLength(1);
    const two = setCondition(list, { type: "A", status: "True" }, now);
    expect(two.map((condition) => condition.type)).toEqual(["Ready", "A"]);
    expect(isConditionTrue(two, "A")).toBe(true);
    expect(findCondition(two, "B")).toBe(undefined);
    expect(withoutCondition(two, "A")).toEqual([ready]);
    expect(withoutCondition(two, "B")).toBe(two);
  });

  it("are the same list when nothing changes but times", () => {
    const list = [{ ...ready, lastHeartbeatTime: "2025-01-01T00:00:00Z" }];
    const again = {
      type: "Ready",
      status: "True",
      reason: "Fine",
      message: "",
      lastHeartbeatTime: "2026-01-01T00:00:00Z",
    };
    expect(setCondition(list, again, now)).toBe(list);
  });
});

describe("owners", () => {
  const owner: KubeObject = { metadata: { name: "web", uid: "u1" } };
  const owned: KubeObject = { metadata: { name: "x", ownerReferences: [controllerReference(owner, replicasets)] } };

  it("are found by their uid", () => {
    expect(controllerOf(owned)).toEqual({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: "web",
      uid: "u1",
      controller: true,
      blockOwnerDeletion: true,
    });
    expect(isControlledBy(owned, owner)).toBe(true);
    expect(isControlledBy(owned, { metadata: { name: "web", uid: "u2" } })).toBe(false);
    expect(isControlledBy({ metadata: {} }, { metadata: {} })).toBe(false);
    expect(() => controllerReference({ metadata: { name: "web" } }, replicasets)).toThrow(/no name and uid yet/);
  });
});

describe("finalizers", () => {
  it("come and go", () => {
    const object: KubeObject = deepFreeze({ metadata: { name: "x" } });
    const held = withFinalizer(object, "a/b");
    expect(hasFinalizer(held, "a/b")).toBe(true);
    expect(withFinalizer(held, "a/b")).toBe(held);
    expect(withoutFinalizer(held, "a/b")).toEqual(object);
    expect(withoutFinalizer(object, "a/b")).toBe(object);
    expect(withoutFinalizer(withFinalizer(held, "c"), "a/b").metadata.finalizers).toEqual(["c"]);
  });
});

describe("deepEqual", () => {
  it.each<[unknown, unknown, boolean]>([
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
    [{ a: undefined }, {}, true],
    [{}, { a: undefined, b: undefined }, true],
    [{ a: undefined, b: 1 }, { b: 1 }, true],
    [{ a: 1 }, { b: 1 }, false],
    [{ a: 1 }, { a: 1, b: 1 }, false],
    [[], {}, false],
    [[1, 2], [2, 1], false],
    [null, {}, false],
    [0, -0, true],
    [NaN, NaN, true],
    ["1", 1, false],
    [{}, { toString: 1 }, false],
    [{ toString: 1 }, {}, false],
  ])("of %s", ([a, b, equal]) => {
    expect(deepEqual(a, b)).toBe(equal);
    expect(deepEqual(b, a)).toBe(equal);
  });
});

describe("deepFreeze", () => {
  it("freezes throughout and stops at what is frozen", () => {
    const inner = deepFreeze({ list: [{ a: 1 }] });
    const outer = deepFreeze({ inner, other: {} });
    expect([outer, outer.other, outer.inner.list[0]].every(Object.isFrozen)).toBe(true);
    expect(outer.inner).toBe(inner);
  });
});

describe("hashes", () => {
  it("depend on the value alone", () => {
    const template = { spec: { b: 1, a: [{ y: 1, x: undefined }] } };
    expect(canonicalJson(template)).toBe('{"spec":{"a":[{"y":1}],"b":1}}');
    expect(templateHash(template)).toBe(templateHash({ spec: { a: [{ y: 1 }], b: 1 } }));
    expect(templateHash(template)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    expect(templateHash(template, 1)).not.toBe(templateHash(template));
    // The value is part of what is stored: another one would roll out every Deployment at an upgrade.
    expect(templateHash({ spec: { containers: [{ name: "a", image: "b" }] } })).toBe("b778769f");
    expect([fnv32a(""), fnv32a("a"), fnv32a("foobar")]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });
});

describe("resolveIntOrPercent", () => {
  it.each<[number | string, number, "up" | "down", number]>([
    [3, 10, "up", 3],
    ["25%", 10, "up", 3],
    ["25%", 10, "down", 2],
    ["100%", 7, "up", 7],
    ["0%", 7, "up", 0],
    ["29%", 100, "up", 29],
    ["57%", 100, "down", 57],
  ])("%s", ([value, total, rounding, result]) => expect(resolveIntOrPercent(value, total, rounding)).toBe(result));

  it("refuses the rest", () => {
    for (const value of ["3", "%", "x%", "", 1.5]) {
      expect(() => resolveIntOrPercent(value, 1, "up")).toThrow(IntOrStringError);
    }
  });
});

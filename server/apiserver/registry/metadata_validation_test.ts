import { describe, expect, it } from "vitest";
import { schema } from "../../../api/schema/schema.ts";
import type { ObjectMeta } from "../../../api/types/meta_v1.ts";
import { validateMetadata, validateMetadataUpdate } from "./metadata_validation.ts";

function rowOf(group: string, resource: string) {
  return schema.resources().find((row) => row.group === group && row.resource === resource)!;
}

const place = { name: "a", namespace: "b" };
const configMaps = rowOf("", "configmaps");

/** How often each message is told. */
function counted(errors: readonly { toString(): string }[]): Record<string, number> {
  const groups = Map.groupBy(errors, (error) => error.toString().replace(/^metadata\.([^:]+): (.*)$/, "$1"));
  return Object.fromEntries([...groups].map(([field, all]) => [field, all.length]));
}

describe("validateMetadata", () => {
  const cases: readonly [ObjectMeta, string[]][] = [
    [{ ...place, ownerReferences: [{ apiVersion: "a/b/c", kind: "", name: "x", uid: "u" }] }, [
      'metadata.ownerReferences.apiVersion: Invalid value: "a/b/c": version must not be empty',
      'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
    ]],
    [{ ...place, finalizers: ["x.io/a", "plain"] }, [
      'metadata.finalizers[1]: Invalid value: "plain": name is neither a standard finalizer name nor is it fully qualified',
    ]],
    [{ ...place, finalizers: ["orphan", "foregroundDeletion"] }, [
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ]],
    [{ ...place, generation: -1 }, [
      "metadata.generation: Invalid value: -1: must be greater than or equal to 0",
    ]],
  ];
  for (const [metadata, messages] of cases) {
    it(messages[0]!, () => {
      expect(validateMetadata(configMaps, {}, metadata).map(String)).toEqual(messages);
    });
  }

  it("names the controllers of which there are two by their kinds", () => {
    const owner = { apiVersion: "v1", kind: "Pod", uid: "u", controller: true };
    const ownerReferences = [{ ...owner, name: "a" }, { ...owner, name: "b" }];
    expect(String(validateMetadata(configMaps, {}, { ...place, ownerReferences })[0]))
      .toContain('Found "true" in references for Pod/a and Pod/b');
  });

  it("takes any finalizer where upstream does", () => {
    const metadata = { ...place, finalizers: ["plain"] };
    expect(validateMetadata(rowOf("coordination.k8s.io", "leases"), {}, metadata)).toEqual([]);
  });
});

describe("validateMetadataUpdate", () => {
  const wrong: ObjectMeta = {
    ...place,
    uid: "other",
    labels: { a: "-" },
    finalizers: ["plain", "a b"],
    ownerReferences: [{ apiVersion: "v1", kind: "", name: "x", uid: "u" }],
  };
  const old = { metadata: { ...place, uid: "u" } };
  const counts: readonly [string, string, string, Record<string, number>][] = [
    ["", "configmaps", "", {
      "labels": 4,
      "ownerReferences.kind": 4,
      "uid": 2,
      "finalizers": 2,
      "finalizers[0]": 2,
      "finalizers[1]": 2,
    }],
    ["apps", "deployments", "", {
      "labels": 3,
      "ownerReferences.kind": 3,
      "uid": 2,
      "finalizers": 1,
      "finalizers[0]": 1,
      "finalizers[1]": 1,
    }],
    ["", "configmaps", "status", {
      "labels": 3,
      "ownerReferences.kind": 3,
      "uid": 2,
      "finalizers": 1,
      "finalizers[0]": 1,
      "finalizers[1]": 1,
    }],
    ["policy", "poddisruptionbudgets", "", { "labels": 2, "ownerReferences.kind": 2, "uid": 1, "finalizers": 1 }],
    ["coordination.k8s.io", "leases", "", { "labels": 3, "ownerReferences.kind": 3, "uid": 2, "finalizers": 1 }],
  ];
  for (const [group, resource, subresource, expected] of counts) {
    it(`tells of ${group}/${resource} ${subresource} as often as upstream`, () => {
      const errors = validateMetadataUpdate(rowOf(group, resource), {}, { metadata: wrong }, old, subresource);
      expect(counted(errors)).toEqual(expected);
    });
  }

  it("lets an object that goes lose finalizers, not get any", () => {
    const going = { ...place, deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["x.io/a", "x.io/b"] };
    const change = (finalizers: string[]) =>
      validateMetadataUpdate(configMaps, {}, { metadata: { ...going, finalizers } }, { metadata: going });
    expect(change(["x.io/b"])).toEqual([]);
    expect(String(change(["x.io/a", "x.io/d", "x.io/c"])[0])).toBe(
      "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, " +
        'found new finalizers []string{"x.io/c", "x.io/d"}',
    );
  });
});

import { describe, expect, it } from "vitest";
import { decodeProtobuf } from "../../api/codec/protobuf.ts";
import { encodeProtobuf } from "../../api/codec/protobuf_encode.ts";
import { contentOf, storageOf } from "./cache/layout.ts";
import { StoredEntry } from "./cache/stored_entry.ts";
import { completeObject, encodableObject } from "./managed_fields.ts";

const storage = storageOf({ group: "", version: "v1", resource: "pods", kind: "Pod", namespaced: true });
const managedFields = [
  {
    manager: "kube-controller-manager",
    operation: "Update",
    apiVersion: "v1",
    time: "2026-01-01T00:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1: { "f:metadata": { "f:ownerReferences": { ".": {}, 'k:{"uid":"123-4"}': {} } } },
  },
  {
    manager: "kübelet",
    operation: "Update",
    apiVersion: "v1",
    time: "2026-01-01T00:00:01Z",
    fieldsType: "FieldsV1",
    fieldsV1: { "f:status": { "f:podIPs": { 'k:{"ip":"10.0.0.1"}': { ".": {}, "f:ip": {} } } } },
    subresource: "status",
  },
];

function entryOf(metadata: object): StoredEntry {
  const text = JSON.stringify({ kind: "Pod", apiVersion: "v1", metadata, spec: { nodeName: "here" } });
  return new StoredEntry(storage, `${storage.prefix}n/x`, contentOf(storage, text), 7);
}

describe("managed fields", () => {
  it("are in the object, and in protobuf, as they are in its JSON", () => {
    const entry = entryOf({ managedFields, name: "x", namespace: "n" });
    const whole = JSON.parse(entry.json());
    expect(whole.metadata).toEqual({ managedFields, name: "x", namespace: "n", resourceVersion: "7" });
    expect(completeObject(entry)).toEqual(whole);
    expect(decodeProtobuf(encodeProtobuf(encodableObject(entry))).object).toEqual(whole);
  });

  it("are missing where nothing is tracked", () => {
    const entry = entryOf({ name: "x", namespace: "n" });
    expect(encodableObject(entry)).toBe(entry.object);
    expect(completeObject(entry)).toBe(entry.object);
  });
});

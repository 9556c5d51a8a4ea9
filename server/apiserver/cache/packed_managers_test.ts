import { describe, expect, it } from "vitest";
import type { ManagedRecord } from "../../../api/patch/apply/managers.ts";
import { contentOf, encode, storageOf, storedText } from "./layout.ts";
import { PackedManagers } from "./packed_managers.ts";
import { StoredEntry } from "./stored_entry.ts";

const storage = storageOf({ group: "", version: "v1", resource: "pods", kind: "Pod", namespaced: true });
const pod = { metadata: { name: "x", namespace: "n" }, spec: { containers: [] } };

/** In order: who has no time comes first. */
const records: readonly ManagedRecord[] = [
  {
    manager: "kube-controller-manager",
    operation: "Update",
    apiVersion: "v1",
    subresource: "",
    time: undefined,
    fields: String
      .raw`{"f:metadata":{"f:ownerReferences":{".":{},"k:{\"uid\":\"123-4\"}":{}}},"f:spec":{"f:nodeName":{}}}`,
  },
  {
    manager: 'kub"elet',
    operation: "Update",
    apiVersion: "v1",
    subresource: "status",
    time: "2026-01-01T00:00:00Z",
    fields: String
      .raw`{"f:status":{"f:podIPs":{".":{},"k:{\"ip\":\"10.0.0.1\"}":{".":{},"f:ip":{}},"k:{\"ip\":\"fd00::1\"}":{}}}}`,
  },
];

describe("packed managers", () => {
  it("are unpacked as they were", () => {
    expect(PackedManagers.unpack(PackedManagers.of(records))).toEqual(records);
    expect(PackedManagers.of([])).toBe(undefined);
    expect(PackedManagers.unpack(undefined)).toEqual([]);
  });

  it("are written as managedFields", () => {
    expect(JSON.parse(PackedManagers.of(records)!.json())).toEqual([
      {
        manager: "kube-controller-manager",
        operation: "Update",
        apiVersion: "v1",
        fieldsType: "FieldsV1",
        fieldsV1: JSON.parse(records[0]!.fields),
      },
      {
        manager: 'kub"elet',
        operation: "Update",
        apiVersion: "v1",
        time: "2026-01-01T00:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: JSON.parse(records[1]!.fields),
        subresource: "status",
      },
    ]);
  });
});

describe("a stored object with managers", () => {
  const text = encode(storage, pod);
  const stored = storedText(storage, { text, managers: PackedManagers.of(records) });

  it("is JSON with all of it, and is taken apart again", () => {
    const { metadata, ...rest } = JSON.parse(stored);
    expect(rest).toEqual({ kind: "Pod", apiVersion: "v1", spec: pod.spec });
    expect(Object.keys(metadata)).toEqual(["managedFields", "name", "namespace"]);
    const content = contentOf(storage, stored);
    expect(content.text).toBe(text);
    expect(PackedManagers.unpack(content.managers)).toEqual(records);
  });

  it("is understood however others write it", () => {
    const { metadata: { managedFields, ...metadata }, ...rest } = JSON.parse(stored);
    const foreign = JSON.stringify({ ...rest, metadata: { ...metadata, managedFields } });
    const inOurOrder = `${storage.header}"name":"x","namespace":"n","managedFields":${
      JSON.stringify(managedFields)
    }},"spec":{"containers":[]}}`;
    for (const other of [foreign, inOurOrder]) {
      const content = contentOf(storage, other);
      expect(JSON.parse(content.text)).toEqual(JSON.parse(text));
      expect(PackedManagers.unpack(content.managers)).toEqual(records);
    }
  });

  it("loses managers that nobody can read", () => {
    const broken = `${storage.header}"managedFields":[{"operation":"Sing"}],${text.slice(storage.header.length)}`;
    expect(contentOf(storage, broken)).toEqual({ text, managers: undefined });
  });

  it("shows them in its text, not in its object", () => {
    const entry = new StoredEntry(storage, `${storage.prefix}n/x`, contentOf(storage, stored), 7);
    expect(entry.object.metadata).toEqual({ resourceVersion: "7", name: "x", namespace: "n" });
    expect(JSON.parse(entry.json()).metadata.managedFields).toHaveLength(2);
    expect(JSON.parse(entry.itemJson()).metadata.managedFields).toHaveLength(2);
    expect(entry.at(9).records).toEqual(records);
  });
});

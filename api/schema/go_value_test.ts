import { describe, expect, it } from "vitest";
import { goMap, goValue } from "./go_value.ts";

const api = "io.k8s.api.";

describe("values as kube-apiserver prints them", () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    // Names of Go, zero values and null for pointers, lists and maps that are absent.
    [
      "storage.v1.CSINodeDriver",
      { nodeID: "n", name: "d", topologyKeys: ["zone"], allocatable: { count: 5 } },
      '{"Name":"d","NodeID":"n","TopologyKeys":["zone"],"Allocatable":{"Count":5}}',
    ],
    ["storage.v1.CSINodeDriver", {}, '{"Name":"","NodeID":"","TopologyKeys":null,"Allocatable":null}'],
    // A struct is there without being set.
    [
      "storage.v1.VolumeAttachmentSpec",
      { attacher: "a" },
      '{"Attacher":"a","Source":{"PersistentVolumeName":null,"InlineVolumeSpec":null},"NodeName":""}',
    ],
    // Metadata is flat, and as in JSON; maps are in order.
    [
      "resource.v1.ResourceClaimTemplateSpec",
      { spec: {}, metadata: { labels: { b: "1", a: "2" } } },
      '{"labels":{"a":"2","b":"1"},"Spec":{"Devices":{"Requests":null,"Constraints":null,"Config":null}}}',
    ],
    [
      "resource.v1.DeviceAttribute",
      { string: "m", int: 1 },
      '{"IntValue":1,"BoolValue":null,"StringValue":"m","VersionValue":null,"IntValues":null,"BoolValues":null,"StringValues":null,"VersionValues":null}',
    ],
    [
      "resource.v1.OpaqueDeviceConfiguration",
      { driver: "d", parameters: { a: 1 } },
      '{"Driver":"d","Parameters":{"a":1}}',
    ],
    ["resource.v1.Counter", { value: "1024Mi" }, '{"Value":"1Gi"}'],
    ["core.v1.VolumeNodeAffinity", undefined, "null"],
  ];
  for (const [message, value, text] of cases) {
    it(`${message}: ${text}`, () => expect(JSON.stringify(goValue(api + message, value))).toBe(text));
  }

  it("selectors as in JSON, in their struct's order", () => {
    const selector = {
      matchExpressions: [{ operator: "Exists", key: "b" }],
      matchLabels: { z: "1", a: "1" },
    };
    expect(JSON.stringify(goValue("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", selector))).toBe(
      '{"matchLabels":{"a":"1","z":"1"},"matchExpressions":[{"key":"b","operator":"Exists"}]}',
    );
  });

  it("maps in the order of their keys", () => {
    expect(JSON.stringify(goMap({ b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
    expect(goMap(undefined)).toBe(null);
  });
});

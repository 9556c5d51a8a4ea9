import { describe, expect, it } from "vitest";
import type { Machine } from "./machine.ts";
import { newNode, nodeFacts, NodeOptionError, type NodeOptions, nodeResources, parseTaint } from "./node_object.ts";

const machine: Machine = {
  cpus: 4,
  memoryBytes: 8 * 2 ** 30,
  architecture: "arm64",
  machineID: "m",
  systemUUID: "s",
  bootID: "b",
  kernelVersion: "6.1",
  osImage: "Debian",
};
const options: NodeOptions = {
  name: "pi",
  ips: ["192.0.2.7"],
  labels: ["place=shed", "kubernetes.io/arch=other"],
  taints: ["only=gpu:NoSchedule"],
  podCIDR: "10.42.0.0/24",
  kubeletPort: 10250,
  version: "v1.36.0",
};
const filesystem = {
  totalBytes: 100 * 2 ** 30,
  availableBytes: 50 * 2 ** 30,
  inodes: undefined,
  freeInodes: undefined,
};

describe("newNode", () => {
  it("has the node's own labels, the user's over them, and the Pod network", () => {
    const node = newNode(options, machine);
    expect(node.metadata.labels).toMatchObject({
      "kubernetes.io/hostname": "pi",
      "kubernetes.io/os": "linux",
      "kubernetes.io/arch": "other",
      "node.kubernetes.io/instance-type": "skiff",
      place: "shed",
    });
    expect(node.spec).toMatchObject({
      podCIDR: "10.42.0.0/24",
      taints: [{ key: "only", value: "gpu", effect: "NoSchedule" }],
    });
  });
});

describe("parseTaint", () => {
  it("takes a taint without a value", () =>
    expect(parseTaint("a:NoExecute")).toEqual({ key: "a", effect: "NoExecute" }));
  it.each(["a", "a=b", "a=b:Sometimes", ":NoSchedule"])("refuses %s", (text) => {
    expect(() => parseTaint(text)).toThrow(NodeOptionError);
  });
});

describe("nodeResources", () => {
  it("keeps back what is reserved", () => {
    const { capacity, allocatable } = nodeResources(
      { ...options, reserved: { cpu: "500m", memory: "9Gi" } },
      machine,
      filesystem,
    );
    expect(capacity).toEqual({ cpu: "4", memory: "8388608Ki", "ephemeral-storage": "104857600Ki", pods: "110" });
    expect(allocatable).toEqual({ ...capacity, cpu: "3500m", memory: "0" });
  });
});

describe("nodeFacts", () => {
  it("lists the fifty largest images", () => {
    const images = Array.from({ length: 60 }, (_, i) => ({
      id: `i${i}`,
      tags: [`image:${i}`],
      digests: [],
      bytes: i,
      pinned: false,
    }));
    const status = nodeFacts(options, machine, filesystem, { name: "containerd", version: "v1.6.20" }, images);
    expect(status.images?.length).toBe(50);
    expect(status.images?.[0]).toEqual({ names: ["image:59"], sizeBytes: 59 });
    expect(status.nodeInfo?.containerRuntimeVersion).toBe("containerd://1.6.20");
    expect(status.addresses).toEqual([
      { type: "InternalIP", address: "192.0.2.7" },
      { type: "Hostname", address: "pi" },
    ]);
  });
});

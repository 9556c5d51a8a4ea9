import type { Node, Pod } from "../../../api/types/core_v1.ts";

/** A Ready node with 4 CPUs, 8 GiB and room for 110 Pods. */
export function testNode(
  name: string,
  change: { labels?: Record<string, string>; spec?: Node["spec"]; allocatable?: Record<string, string> } = {},
): Node {
  return {
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...change.labels } },
    spec: change.spec ?? {},
    status: { allocatable: { cpu: "4", memory: "8Gi", pods: "110", ...change.allocatable } },
  };
}

export function testPod(name: string, spec: Partial<Pod["spec"]> = {}, requests?: Record<string, string>): Pod {
  return {
    metadata: { name, namespace: "default", uid: `uid-${name}`, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: {
      schedulerName: "default-scheduler",
      containers: [{ name: "c", image: "i", ...(requests && { resources: { requests } }) }],
      ...spec,
    },
  };
}

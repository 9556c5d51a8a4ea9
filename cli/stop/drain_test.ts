import { describe, expect, it } from "vitest";
import { systemClock } from "../../api/clock.ts";
import { deployments, nodes, poddisruptionbudgets, pods } from "../../api/resources.ts";
import type { Pod } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import { startCluster } from "../ephemeral/start_cluster.ts";
import { drain, isEvicted } from "./drain.ts";

const namespace = "default";
const NODE = "hollow-0";

/** Two Pods on two nodes, with a budget that lets so many be down. */
async function deploy(client: Client, maxUnavailable: number): Promise<void> {
  const labels = { app: "web" };
  const containers = [{ name: "main", image: "example/web:1" }];
  await client.create(deployments, {
    metadata: { name: "web", namespace },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  });
  await client.create(poddisruptionbudgets, {
    metadata: { name: "web", namespace },
    spec: { maxUnavailable, selector: { matchLabels: labels } },
  });
  const isHealthy = async () =>
    (await client.get(poddisruptionbudgets, { namespace, name: "web" })).status?.currentHealthy === 2;
  while (!await isHealthy()) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function podsOn(client: Client, node: string): Promise<number> {
  return (await client.list(pods, { namespace, fieldSelector: `spec.nodeName=${node}` })).items.length;
}

describe("drain", () => {
  it("moves a node's Pods elsewhere", async () => {
    await using cluster = await startCluster({ hollowNodes: 2 });
    const { client } = cluster;
    await deploy(client, 1);
    const told: string[] = [];
    const options = { node: NODE, timeout: 20_000, clock: systemClock(), tell: (line: string) => void told.push(line) };
    const before = await podsOn(client, NODE);
    expect(await drain(client, options)).toEqual({ left: [] });
    expect((await client.get(nodes, { name: NODE })).spec?.unschedulable).toBe(true);
    expect(await podsOn(client, NODE)).toBe(0);
    // Where both were on the node, one had to wait for the other.
    const gone = told.filter((line) => line.endsWith("has gone"));
    expect(gone).toHaveLength(before);
    expect(told.filter((line) => !gone.includes(line) && !line.includes(" waits: "))).toEqual([]);
  });

  it("leaves what a disruption budget holds, and says so once", async () => {
    await using cluster = await startCluster({ hollowNodes: 1 });
    const { client } = cluster;
    await deploy(client, 0);
    const told: string[] = [];
    const options = { node: NODE, timeout: 2_500, clock: systemClock(), tell: (line: string) => void told.push(line) };
    const { left } = await drain(client, options);
    expect(left).toHaveLength(2);
    expect(told).toHaveLength(2);
    for (const line of told) expect(line).toMatch(/^default\/web-\S+ waits: Cannot evict pod as it would violate/);
    expect(await podsOn(client, NODE)).toBe(2);
  });

  it("fails for a node that is not there", async () => {
    await using cluster = await startCluster();
    const options = { node: "nobody", timeout: 0, clock: systemClock(), tell: () => {} };
    await expect(drain(cluster.client, options)).rejects.toThrow('nodes "nobody" not found');
  });
});

describe("isEvicted", () => {
  const pod = (metadata: Pod["metadata"], phase = "Running"): Pod =>
    ({ metadata: { name: "p", ...metadata }, spec: { containers: [] }, status: { phase } }) as Pod;
  const owner = { apiVersion: "apps/v1", name: "o", uid: "1", controller: true };

  it("spares mirror Pods, those of DaemonSets, and finished ones", () => {
    expect(isEvicted(pod({}))).toBe(true);
    expect(isEvicted(pod({ ownerReferences: [{ ...owner, kind: "ReplicaSet" }] }))).toBe(true);
    expect(isEvicted(pod({ ownerReferences: [{ ...owner, kind: "DaemonSet" }] }))).toBe(false);
    expect(isEvicted(pod({ annotations: { "kubernetes.io/config.mirror": "x" } }))).toBe(false);
    expect(isEvicted(pod({}, "Succeeded"))).toBe(false);
    expect(isEvicted(pod({}, "Failed"))).toBe(false);
  });
});

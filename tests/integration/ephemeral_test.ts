import { describe, expect, it } from "vitest";
import { deployments, jobs, nodes, pods } from "../../api/resources.ts";
import { startCluster } from "../../mod.ts";
import { run } from "../e2e/cluster.ts";
import { retry } from "../e2e/retry.ts";

const skiff = new URL("../../scripts/skiff", import.meta.url).pathname;

describe("startCluster", () => {
  it("runs Deployments and Jobs on hollow nodes, spread over them", async () => {
    await using cluster = await startCluster({ hollowNodes: 3 });
    const { client } = cluster;
    expect((await client.list(nodes)).items.map(({ metadata }) => metadata.name)).toEqual([
      "hollow-0",
      "hollow-1",
      "hollow-2",
    ]);
    const labels = { app: "web" };
    const probe = { httpGet: { path: "/", port: 80 } };
    await client.create(deployments, {
      metadata: { name: "web", namespace: "default" },
      spec: {
        replicas: 30,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "any", readinessProbe: probe }] } },
      },
    });
    await client.create(jobs, {
      metadata: { name: "once", namespace: "default" },
      spec: {
        template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "any", command: ["true"] }] } },
      },
    });
    await retry("30 available replicas", async () => {
      expect((await client.get(deployments, { namespace: "default", name: "web" })).status?.availableReplicas).toBe(30);
    });
    await retry("the Job's end", async () => {
      expect((await client.get(jobs, { namespace: "default", name: "once" })).status?.succeeded).toBe(1);
    });
    const { items } = await client.list(pods, { namespace: "default", labelSelector: "app=web" });
    expect(new Set(items.map(({ spec }) => spec.nodeName)).size).toBe(3);
    await client.delete(deployments, { namespace: "default", name: "web" }, { propagationPolicy: "Foreground" });
    await retry("all of it to go", async () => {
      expect((await client.list(pods, { namespace: "default", labelSelector: "app=web" })).items).toEqual([]);
    });
  }, 60_000);

  it("runs several at a time, and leaves nothing", async () => {
    const before = [...Deno.readDirSync("/tmp")].filter(({ name }) => name.startsWith("skiff-")).length;
    const clusters = await Promise.all(Array.from({ length: 4 }, () => startCluster()));
    expect(new Set(clusters.map(({ url }) => url)).size).toBe(4);
    for (const { client } of clusters) await client.list(nodes);
    await Promise.all(clusters.map((cluster) => cluster.close()));
    expect([...Deno.readDirSync("/tmp")].filter(({ name }) => name.startsWith("skiff-")).length).toBeLessThanOrEqual(
      before,
    );
  });

  it("refuses a number of nodes that makes no sense", async () => {
    await expect(startCluster({ hollowNodes: -1 })).rejects.toThrow(
      "hollowNodes is -1; give a whole number from 0 to 1000",
    );
  });
});

describe("skiff ephemeral", () => {
  it("runs a command with a cluster, and passes its exit code on", async () => {
    const script =
      "kubectl create deployment web --image=any --replicas=2 && kubectl rollout status deployment/web --timeout=30s && exit 7";
    const { code, stdout } = await run(skiff, ["ephemeral", "--hollow-nodes=1", "--", "sh", "-c", script]);
    expect(stdout).toContain('deployment "web" successfully rolled out');
    expect(code).toBe(7);
  }, 60_000);

  it("says what is wrong", async () => {
    const unknown = await run(skiff, ["ephemeral", "--", "no-such-command"]);
    expect([unknown.code, unknown.stderr]).toEqual([1, 'error: there is no command "no-such-command"\n']);
    const wrong = await run(skiff, ["ephemeral", "--hollow-nodes=many", "--", "true"]);
    expect([wrong.code, wrong.stderr]).toEqual([1, 'error: --hollow-nodes "many" is not a number from 0 to 1000\n']);
  }, 60_000);
});

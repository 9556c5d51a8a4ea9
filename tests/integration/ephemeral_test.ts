import { describe, expect, it } from "vitest";
import { deployments, jobs, namespaces, nodes, pods } from "../../api/resources.ts";
import type { Client } from "../../client/client.ts";
import { createHttpsClient } from "../../client/https.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
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
    // Of its own: what others of this machine have in /tmp comes and goes.
    const directory = await Deno.makeTempDir({ prefix: "skiff-ephemeral-test-" });
    const before = Deno.env.get("TMPDIR");
    Deno.env.set("TMPDIR", directory);
    try {
      const clusters = await Promise.all(Array.from({ length: 4 }, () => startCluster()));
      expect(new Set(clusters.map(({ url }) => url)).size).toBe(4);
      expect([...Deno.readDirSync(directory)].length).toBe(4);
      for (const { client } of clusters) await client.list(nodes);
      await Promise.all(clusters.map((cluster) => cluster.close()));
      expect([...Deno.readDirSync(directory)]).toEqual([]);
    } finally {
      if (before === undefined) Deno.env.delete("TMPDIR");
      else Deno.env.set("TMPDIR", before);
      await Deno.remove(directory, { recursive: true });
    }
  });

  it("is doubled with its objects, running Pods and credentials", async () => {
    await using cluster = await startCluster({ hollowNodes: 1 });
    const { client } = cluster;
    const labels = { app: "web" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "any" }] } };
    await client.create(deployments, {
      metadata: { name: "web", namespace: "default" },
      spec: { replicas: 3, selector: { matchLabels: labels }, template },
    });
    const running = async (of: Client) => {
      const { items } = await of.list(pods, { namespace: "default", labelSelector: "app=web" });
      return items.filter(({ status }) => status?.phase === "Running").map(({ metadata, status }) =>
        `${metadata.name} ${metadata.uid} ${status?.podIP} ${status?.containerStatuses?.[0]?.restartCount}`
      ).toSorted();
    };
    await retry("3 running Pods", async () => expect((await running(client)).length).toBe(3));
    const before = await running(client);
    await using twin = await cluster.fork();
    await using third = await twin.fork();
    expect(new Set([cluster.url, twin.url, third.url]).size).toBe(3);
    // The kubeconfig of one is good for the other, but for its address.
    const { server, ...credentials } = await readKubeconfig(cluster.kubeconfig);
    using remote = createHttpsClient({ ...credentials, server: twin.url });
    expect(await running(remote)).toEqual(before);
    expect(server).toBe(cluster.url);
    // Each goes its own way.
    await client.delete(deployments, { namespace: "default", name: "web" });
    await twin.client.patch(deployments, { namespace: "default", name: "web" }, {
      type: "merge",
      patch: { spec: { replicas: 5 } },
    });
    await retry("5 running Pods in the twin", async () => expect((await running(twin.client)).length).toBe(5));
    await retry("none in the first", async () => expect(await running(client)).toEqual([]));
    expect((await running(twin.client)).filter((pod) => before.includes(pod))).toEqual(before);
    expect(await running(third.client)).toEqual(before);
    await cluster.close();
    await twin.client.create(namespaces, { metadata: { name: "later" }, spec: {} });
  }, 60_000);

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

  it("does so twelve at a time, each for itself", async () => {
    const script = "kubectl create configmap mine --from-literal=n=$0 >/dev/null && " +
      "kubectl get configmap mine -o 'jsonpath={.data.n} ' && sed -n 's/.*server: //p' $KUBECONFIG";
    const outputs = await Promise.all(
      Array.from({ length: 12 }, (_, n) => run(skiff, ["ephemeral", "--nodes=0", "--", "sh", "-c", script, `${n}`])),
    );
    expect(outputs.map(({ code, stderr }) => [code, stderr])).toEqual(outputs.map(() => [0, ""]));
    expect(outputs.map(({ stdout }) => stdout.split(" ")[0])).toEqual(outputs.map((_, n) => `${n}`));
    expect(new Set(outputs.map(({ stdout }) => stdout.split(" ")[1])).size).toBe(12);
  }, 180_000);

  it("says what is wrong", async () => {
    const unknown = await run(skiff, ["ephemeral", "--nodes=0", "--", "no-such-command"]);
    expect([unknown.code, unknown.stderr]).toEqual([1, 'error: there is no command "no-such-command"\n']);
    const wrong = await run(skiff, ["ephemeral", "--hollow-nodes=many", "--", "true"]);
    expect([wrong.code, wrong.stderr]).toEqual([1, 'error: --hollow-nodes "many" is not a number from 0 to 1000\n']);
  }, 60_000);
});

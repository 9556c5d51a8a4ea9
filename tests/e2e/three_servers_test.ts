import { describe, expect, it } from "vitest";
import { RecordedWrites } from "./recorded_writes.ts";
import { retry } from "./retry.ts";
import { ServerCluster, type TestServer } from "./server_cluster.ts";

/** What DESIGN.md promises for the death of a leader, in milliseconds. */
const RESUMES_WITHIN = 5_000;

async function etcdLeader(cluster: ServerCluster, asked: TestServer): Promise<TestServer> {
  const { stdout, stderr } = await asked.skiff("etcd", "status", `--data-dir=${asked.dataDir}`, "-o", "json");
  const members = JSON.parse(stdout || stderr) as { name: string; isLeader: boolean }[];
  const name = members.find(({ isLeader }) => isLeader)!.name;
  return cluster.servers.find(({ directory }) => name.startsWith(`${directory.split("/").at(-1)}-`))!;
}

describe("three servers", () => {
  it("lose no acknowledged write when their leader dies, one is cut off, and all lose power", async () => {
    await using cluster = await ServerCluster.create(3);
    await cluster.startAll();
    const [first] = cluster.servers as [TestServer, TestServer, TestServer];
    await using writes = new RecordedWrites(cluster, "w");
    await writes.more(50);

    const leader = await etcdLeader(cluster, first);
    const killed = Date.now();
    await leader.crash();
    await writes.more(50);
    const gap = writes.longestGap(killed);
    console.log(`writes went on ${gap} ms after the last one before the leader's death`);
    expect(gap).toBeLessThan(RESUMES_WITHIN);
    await leader.start();

    // Whoever is cut off acknowledges no write, and the others go on without it.
    const lonely = cluster.servers.at(-1)!;
    await lonely.host.unplug();
    await writes.more(50);
    const own = ["--kubeconfig", lonely.kubeconfig, "--request-timeout=3s", "create", "configmap", "lonely"];
    const alone = await lonely.host.command("kubectl", own).output();
    expect(alone.success).toBe(false);
    await lonely.host.plugIn();
    await retry("the one that was cut off to be ready", async () => {
      expect(await cluster.kubectl(lonely, "get", "--raw", "/readyz")).toBe("ok");
    });

    await writes.more(50);
    await Promise.all(cluster.servers.map((server) => server.crash()));
    await Promise.all(cluster.servers.map((server) => server.start()));
    await writes.more(50);
    await writes.stop();
    console.log(`${writes.count} writes were acknowledged`);
    for (const server of cluster.servers) expect(await writes.missing(cluster, server)).toEqual([]);
    expect(await cluster.kubectl(first, "get", "endpoints", "kubernetes", "-o", "jsonpath={..ip}")).toBe(
      cluster.servers.map(({ host }) => host.address).join(" "),
    );
    expect((await first.stop()).code).toBe(0);
    expect(await first.host.run("ip", "netns", "pids", first.host.name)).toMatch(/^\d+\n$/);
  }, 120_000);
});

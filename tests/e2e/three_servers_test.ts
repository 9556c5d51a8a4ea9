import { describe, expect, it } from "vitest";
import { RecordedWrites } from "./recorded_writes.ts";
import { retry } from "./retry.ts";
import { ServerCluster, type TestServer } from "./server_cluster.ts";

/** What DESIGN.md promises for the death of a leader, in milliseconds. */
const RESUMES_WITHIN = 5_000;

async function memberNames(asked: TestServer): Promise<string[]> {
  const { code, stdout, stderr } = await asked.skiff(
    "etcd",
    "member",
    "list",
    `--data-dir=${asked.dataDir}`,
    "--output=json",
  );
  expect([code, stderr]).toEqual([0, ""]);
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
}

describe("three servers", () => {
  it("lose no acknowledged write when their leader dies, one is cut off, and all lose power", async () => {
    await using cluster = await ServerCluster.create(3);
    await cluster.startAll();
    const [first] = cluster.servers as [TestServer, TestServer, TestServer];
    await using writes = new RecordedWrites(cluster, "w");
    await writes.more(50);

    const leader = await cluster.etcdLeader(first);
    const killed = Date.now();
    await cluster.crash(leader);
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
    await Promise.all(cluster.servers.map((server) => cluster.crash(server)));
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

  it("replace a lost member, and go on from one when the two others are lost", async () => {
    await using cluster = await ServerCluster.create(3);
    await cluster.startAll();
    const [s1, s2, s3] = cluster.servers as [TestServer, TestServer, TestServer];
    const token = await s1.token();
    await cluster.kubectl(s3, "create", "configmap", "before");

    // Its etcd serves the others while Skiff is away, and is found again.
    await s2.kill();
    await s2.start();
    expect(await s2.log()).toContain("found etcd running");

    await cluster.crash(s3);
    await Deno.remove(s3.dataDir, { recursive: true });
    const lost = (await memberNames(s1)).find((name) => name.startsWith("s3-"))!;
    const again = await s3.run(`--server=${s1.url}`, `--token=${token}`);
    expect(again.code).toBe(1);
    expect(again.said).toContain(`skiff etcd member remove ${lost}`);
    expect((await s1.skiff("etcd", "member", "remove", lost, `--data-dir=${s1.dataDir}`)).code).toBe(0);
    await s3.start(`--server=${s1.url}`, `--token=${token}`);
    expect(await memberNames(s1)).toHaveLength(3);
    expect(await memberNames(s1)).not.toContain(lost);

    await cluster.crash(s1);
    await cluster.crash(s2);
    expect((await s3.run("--cluster-reset")).said).toContain("another server runs with");
    const told = Date.now();
    expect((await s3.stop()).code).toBe(0);
    console.log(`the one without a majority ended ${Date.now() - told} ms after SIGTERM`);
    const reset = await s3.run("--cluster-reset");
    expect(reset.said).toContain("now the only member of its cluster");
    expect(reset.code).toBe(0);
    await s3.start();
    expect(await cluster.kubectl(s3, "get", "configmap", "before", "-o", "name")).toBe("configmap/before\n");
    expect(await memberNames(s3)).toHaveLength(1);

    // Whoever was away is told what to do, and comes back by it.
    const old = await s1.run();
    expect(old.code).toBe(1);
    expect(old.said).toContain(`remove ${s1.dataDir}/server/db/etcd`);
    await Deno.remove(`${s1.dataDir}/server/db/etcd`, { recursive: true });
    await s1.start(`--server=${s3.url}`, `--token=${token}`);
    expect(await cluster.kubectl(s1, "get", "configmap", "before", "-o", "name")).toBe("configmap/before\n");
  }, 120_000);
});

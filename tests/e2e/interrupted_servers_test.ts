import { describe, expect, it } from "vitest";
import { retry } from "./retry.ts";
import { ServerCluster, type TestServer } from "./server_cluster.ts";

const CONFIG_MAPS = 300;

/** When a server is killed: a file is there that was not, or its log says so. */
type Moment = { readonly file: string } | { readonly log: string };

function hasCome(server: TestServer, moment: Moment, logBefore: number): Promise<boolean> {
  if ("file" in moment) return Deno.stat(`${server.dataDir}/server/${moment.file}`).then(() => true, () => false);
  return server.log().then((log) => log.slice(logBefore).includes(moment.log));
}

/** Starts a server and kills it at a moment: with everything on its host, as a loss of power does, or Skiff alone, whose etcd lives on. */
async function interrupt(
  cluster: ServerCluster,
  server: TestServer,
  flags: readonly string[],
  moment: Moment,
  kill: "all" | "skiff",
): Promise<void> {
  const logBefore = (await server.log()).length;
  let over = false;
  let failure: unknown;
  const starting = server.start(...flags).catch((error) => failure = error).finally(() => over = true);
  // It may have come to its end before anybody sees the moment, and is killed then.
  while (!over && !await hasCome(server, moment, logBefore)) await new Promise((resolve) => setTimeout(resolve, 2));
  if (failure !== undefined) throw failure;
  await (kill === "all" ? cluster.crash(server) : server.kill());
  await starting;
}

/** Everything on its host dies, as if in the moment before it wrote down that it is a member. */
async function killedBefore(cluster: ServerCluster, server: TestServer, state: string): Promise<void> {
  await cluster.crash(server);
  const file = `${server.dataDir}/server/db/etcd/member.json`;
  const written = JSON.parse(await Deno.readTextFile(file));
  expect(written.state).toBe("member");
  await Deno.writeTextFile(file, JSON.stringify({ ...written, state }));
}

/** What a member may be called, and whether it votes. */
async function members(asked: TestServer): Promise<string[]> {
  const { stdout } = await asked.skiff("etcd", "member", "list", `--data-dir=${asked.dataDir}`, "--output=json");
  return (JSON.parse(stdout) as { name: string; isLearner: boolean }[])
    .map(({ name, isLearner }) => `${name.replace(/-.*/, "")}${isLearner ? " (learner)" : ""}`).sort();
}

async function makeConfigMaps(cluster: ServerCluster, server: TestServer): Promise<string> {
  const file = `${cluster.directory}/config_maps.json`;
  const items = Array.from({ length: CONFIG_MAPS }, (_, i) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `c${i}` },
    data: { text: "x".repeat(4096) },
  }));
  await Deno.writeTextFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await cluster.kubectl(server, "create", "-f", file);
  return await shownConfigMaps(cluster, server);
}

/** Names, uids and revisions. */
async function shownConfigMaps(cluster: ServerCluster, server: TestServer): Promise<string> {
  const columns = "-o=custom-columns=N:.metadata.name,U:.metadata.uid,V:.metadata.resourceVersion";
  const lines = (await cluster.kubectl(server, "get", "configmaps", columns, "--no-headers")).split("\n");
  return lines.filter((line) => /^c\d/.test(line)).join("\n");
}

describe("a server that is killed on its way into a cluster", () => {
  it("comes to its end with the same command, from SQLite and as one that joins", async () => {
    await using cluster = await ServerCluster.create(2);
    const [s1, s2] = cluster.servers as [TestServer, TestServer];
    await s1.start();
    const made = await makeConfigMaps(cluster, s1);
    expect(made.split("\n")).toHaveLength(CONFIG_MAPS);
    await s1.stop();

    const init = ["--cluster-init"];
    await interrupt(cluster, s1, init, { file: "db/etcd/member.json" }, "all");
    await interrupt(cluster, s1, init, { log: "moving" }, "skiff");
    await interrupt(cluster, s1, init, { log: "started etcd" }, "all");
    await interrupt(cluster, s1, init, { log: "moved and compared" }, "skiff");
    await s1.start(...init);
    // Everything is moved, and it has not come to write that down.
    await killedBefore(cluster, s1, "migrating");
    await s1.start(...init);
    expect(await shownConfigMaps(cluster, s1)).toBe(made);
    expect(await members(s1)).toEqual(["s1"]);

    const join = [`--server=${s1.url}`, `--token=${await s1.token()}`];
    await interrupt(cluster, s2, join, { file: "db/etcd/member.json" }, "all");
    await interrupt(cluster, s2, join, { log: "started etcd" }, "skiff");
    await s2.start(...join);
    expect(await members(s1)).toEqual(["s1", "s2"]);
    expect(await shownConfigMaps(cluster, s2)).toBe(made);

    // It votes, and has not come to write that down: without it the other one has no majority, and answers nothing about members.
    await killedBefore(cluster, s2, "joining");
    await s2.start(...join);
    await retry("both to answer", async () => {
      for (const server of [s1, s2]) expect(await shownConfigMaps(cluster, server)).toBe(made);
    });
    expect(await members(s2)).toEqual(["s1", "s2"]);
  }, 180_000);
});

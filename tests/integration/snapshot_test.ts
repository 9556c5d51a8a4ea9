import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configmaps } from "../../api/resources.ts";
import { HttpsTransport } from "../../client/https_transport.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import type { WriteReport } from "../../datastore/budget/budgeted_datastore.ts";
import { retry } from "../e2e/retry.ts";
import { Server, skiff } from "../fixtures/server_process.ts";

describe("skiff snapshot and skiff datastore", () => {
  let root = "";
  beforeAll(async () => {
    root = await Deno.makeTempDir({ prefix: "skiff-snapshot-" });
  });
  afterAll(() => Deno.remove(root, { recursive: true }));

  it("saves a running server's objects, and gives them to a new one", async () => {
    let revision = "";
    let uid = "";
    {
      await using server = await Server.start(`${root}/a`);
      using client = await server.client();
      const made = await client.create(configmaps, {
        metadata: { namespace: "default", name: "kept" },
        data: { a: "b" },
      });
      revision = made.metadata.resourceVersion!;
      uid = made.metadata.uid!;
      const saved = await skiff("snapshot", "save", "-d", server.dataDir, "--node-name=first");
      expect(saved.stderr).toBe("");
      expect(saved.stdout).toMatch(/^saved .*skiff-snapshot-first-\d{8}T\d{6}Z\.json\.gz: revision \d+, \d+ keys/);
      await client.create(configmaps, { metadata: { namespace: "default", name: "later" } });
      const refused = await skiff("snapshot", "restore", "-d", server.dataDir, "--replace", nameIn(saved.stdout));
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/state\.db is open in process \d+/);
      const why = await skiff("datastore", "why", "-d", server.dataDir);
      expect(why.stdout).toMatch(/^RESOURCE +WRITER +WRITES/);
      expect(why.stdout).toContain("budget: 50.0 MB a day");
      const report = JSON.parse(
        (await skiff("datastore", "why", "--json", "-d", server.dataDir)).stdout,
      ) as WriteReport;
      expect(report.counts.find(({ resource }) => resource === "configmaps")).toBeTruthy();
    }
    const listed = await skiff("etcd-snapshot", "ls", "-d", `${root}/a`);
    expect(listed.stdout).toMatch(/^NAME +TAKEN +BYTES\nskiff-snapshot-first-/);
    const name = listed.stdout.split("\n")[1]!.split(" ")[0]!;
    const into = ["-d", `${root}/b`, `${root}/a/server/db/snapshots/${name}`];
    expect((await skiff("snapshot", "restore", ...into)).stdout).toMatch(
      /^restored .* revision \d+, \d+ keys\nnote: keys and certificates are not part of a snapshot/,
    );
    expect((await skiff("snapshot", "restore", ...into)).stderr).toContain("--replace");
    {
      await using server = await Server.start(`${root}/b`);
      using client = await server.client();
      const { metadata } = await client.get(configmaps, { namespace: "default", name: "kept" });
      expect([metadata.uid, metadata.resourceVersion]).toEqual([uid, revision]);
      await expect(client.get(configmaps, { namespace: "default", name: "later" })).rejects.toThrow("not found");
    }
    const again = await skiff("snapshot", "save", "-d", `${root}/b`, "--node-name=second", "--name=stopped");
    expect(again.stdout).toMatch(/^saved .*stopped-second-/);
    const moved = await skiff(
      "datastore",
      "migrate",
      "-d",
      `${root}/b`,
      "--from=sqlite://",
      `--to=sqlite://${root}/c.db`,
    );
    expect(moved.stdout).toMatch(/^copied and compared \d+ keys at revision \d+, SHA-256 [0-9a-f]{64}/);
  });

  it("answers its maintenance paths to administrators alone", async () => {
    await using server = await Server.start(`${root}/d`);
    const { server: url, ca } = await readKubeconfig(`${server.dataDir}/kubeconfig`) as { server: string; ca: string };
    const transport = new HttpsTransport({ server: url, ca });
    for (const path of ["/debug/skiff/snapshot", "/debug/skiff/writes"]) {
      await expect(transport.open({ method: "GET", path })).rejects.toThrow();
    }
    transport.close();
  });

  it("takes snapshots by its schedule", async () => {
    await using server = await Server.start(
      `${root}/e`,
      "--snapshot-schedule-cron=* * * * * *",
      "--etcd-snapshot-retention=2",
      `--snapshot-dir=${root}/scheduled`,
    );
    await retry("two snapshots", async () => {
      const { stdout } = await skiff("snapshot", "list", "-d", server.dataDir, `--snapshot-dir=${root}/scheduled`);
      if (stdout.trim().split("\n").length !== 3) throw new Error(stdout);
    });
  });

  it("tells a start with a damaged file what to restore, and with which command", async () => {
    let name = "";
    {
      await using server = await Server.start(`${root}/f`);
      name = nameIn((await skiff("snapshot", "save", "-d", server.dataDir)).stdout);
    }
    const file = `${root}/f/server/db/state.db`;
    const bytes = await Deno.readFile(file);
    await Deno.writeFile(file, bytes.fill(0xaa, 8 * 4096, 40 * 4096));
    const start = await skiff(
      "server",
      "--disable-agent",
      "-d",
      `${root}/f`,
      "--write-kubeconfig",
      `${root}/f/kubeconfig`,
    );
    expect(start.code).toBe(1);
    const restore = `skiff snapshot restore --data-dir ${root}/f --replace ${name}`;
    expect(start.stderr).toContain(restore);
    const restored = await skiff(...restore.split(" ").slice(1));
    expect(restored.stdout).toMatch(/^restored .*\nwhat was there is now .*\.replaced-\d+/);
    await using _server = await Server.start(`${root}/f`);
  });

  const wrong: readonly [string[], RegExp][] = [
    [["snapshot", "save", "-d", "/nowhere"], /there is no datastore \/nowhere\/server\/db\/state\.db/],
    [["snapshot", "restore", "none.gz", "-d", "/nowhere"], /there is no snapshot none\.gz, neither here nor in/],
    [["snapshot", "restore"], /missing required argument 'snapshot'/],
    [["snapshot", "prune", "--snapshot-retention=0"], /--snapshot-retention "0" is not a number from 1 on/],
    [["snapshot", "save", "--name=a/b"], /--name "a\/b" may have letters/],
    [["snapshot", "sav"], /unknown command 'sav'/],
    [["datastore", "why", "-d", "/nowhere"], /is \/nowhere the data directory of a running server/],
    [["datastore", "migrate", "--from=sqlite://", "--to=sqlite://"], /name the same datastore/],
    [
      ["datastore", "migrate", "--from=sqlite:///nowhere/a.db", "--to=memory://"],
      /--to memory:\/\/ ends with the process/,
    ],
    [["datastore", "migrate", "--from=ftp://a", "--to=sqlite:///nowhere/b.db"], /ftp:\/\/ is not supported/],
    [["datastore", "migrate", "--to=sqlite:///nowhere/b.db"], /required option '--from <url>'/],
  ];
  it("says what is wrong with a command", async () => {
    for (const [args, message] of wrong) {
      const { code, stderr } = await skiff(...args);
      expect([args, stderr]).toEqual([args, expect.stringMatching(message)]);
      expect(code).toBeGreaterThan(0);
      expect(stderr).not.toContain("    at ");
    }
  });
});

/** The path that `save` tells. */
function nameIn(stdout: string): string {
  return /saved (\S+):/.exec(stdout)![1]!;
}

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../fixtures/free_port.ts";
import { run, TestCluster } from "./cluster.ts";
import { retry } from "./retry.ts";

const skiff = new URL("../../scripts/skiff", import.meta.url).pathname;

describe("wrong input to the API", () => {
  let cluster: TestCluster;
  beforeAll(async () => void (cluster = await TestCluster.start({ flags: ["--disable-agent"] })));
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  it("names an unknown field", async () => {
    const { code, stderr } = await cluster.tryKubectl(
      ["apply", "-f", "-"],
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ndatum: {}\n",
    );
    expect(code).toBe(1);
    expect(stderr).toContain('unknown field "datum"');
  });

  it("names a value of the wrong type by its path", async () => {
    const manifest =
      `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},
      "spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80},{"containerPort":"http"}]}]}}}}`;
    const { code, stderr } = await cluster.tryKubectl(["create", "--validate=false", "-f", "-"], manifest);
    expect(code).toBe(1);
    expect(stderr).toContain("spec.template.spec.containers[0].ports[1].containerPort");
  });

  it("refuses a body that is too large, and goes on", async () => {
    await Deno.writeTextFile(`${cluster.directory}/large`, "x".repeat(2 * 1024 * 1024));
    const { code, stderr } = await cluster.tryKubectl([
      "create",
      "configmap",
      "large",
      `--from-file=${cluster.directory}/large`,
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Too long|too large|must have at most/i);
    await cluster.kubectl("create", "configmap", "small");
  });

  it("refuses a second server on the same directory and on the same port, each by name", async () => {
    const flags = ["server", "--disable-agent", `--write-kubeconfig=${cluster.directory}/other`];
    const same = await run(skiff, [...flags, `--data-dir=${cluster.dataDir}`, `--https-listen-port=${freePort()}`]);
    expect(same.code).toBe(1);
    expect(same.stderr).toContain(cluster.dataDir);
    const port = await run(skiff, [
      ...flags,
      `--data-dir=${cluster.directory}/second`,
      `--https-listen-port=${cluster.port}`,
    ]);
    expect(port.code).toBe(1);
    expect(port.stderr).toMatch(new RegExp(`${cluster.port}.*in use|in use.*${cluster.port}`));
    await cluster.kubectl("get", "namespaces");
  }, 60_000);
});

describe("wrong use of the command line", () => {
  it("shows the nearest flag for an unknown one", async () => {
    const { code, stderr } = await run(skiff, ["server", "--data-dirr", "x"]);
    expect(code).toBe(2);
    expect(stderr).toContain("Did you mean --data-dir?");
  });

  it("says that containers need root", async () => {
    const directory = await Deno.makeTempDir();
    try {
      // Another user in a namespace of its own, who may read what root may.
      const { code, stderr } = await run("unshare", [
        "--user",
        "--map-user=1000",
        skiff,
        "server",
        `--data-dir=${directory}`,
      ]);
      expect(stderr).toContain("running containers needs root");
      expect(stderr).toContain("--disable-agent");
      expect(code).toBe(1);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  }, 60_000);

  it("names the package of a missing host tool", async () => {
    const directory = await Deno.makeTempDir();
    try {
      const { stdout } = await run("sh", [
        "-c",
        "PATH=$PATH:/usr/sbin:/sbin; readlink -f $(command -v nft) $(command -v conntrack)",
      ]);
      // In a mount namespace of its own, nothing can be run of what is hidden.
      const hide = stdout.trim().split("\n").map((path) => `mount --bind /dev/null ${path}`).join(" && ");
      const script = `${hide} && exec ${skiff} server --data-dir=${directory}/data --https-listen-port=${freePort()}`;
      const { code, stderr } = await run("unshare", ["--mount", "sh", "-c", script]);
      expect(stderr).toContain("missing on this host: nft, conntrack. On Debian: apt-get install nftables conntrack");
      expect(code).toBe(1);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  }, 60_000);
});

describe("a full disk", () => {
  it("refuses writes, serves reads, and recovers", async () => {
    const mount = await Deno.makeTempDir({ prefix: "skiff-full-" });
    const mounted = await run("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", mount]);
    expect(mounted.code).toBe(0);
    try {
      await using cluster = await TestCluster.start({
        flags: ["--disable-agent", `--datastore-endpoint=sqlite://${mount}/state.db`],
      });
      await cluster.kubectl("create", "configmap", "before", "--from-literal=a=b");
      await Deno.writeFile(`${mount}/filler`, new Uint8Array(64 * 1024 * 1024)).catch(() => {});
      const refused = await retry("a refusal", async () => {
        const output = await cluster.tryKubectl([
          "create",
          "configmap",
          `c${crypto.randomUUID()}`,
          `--from-literal=a=${"x".repeat(100_000)}`,
        ]);
        expect(output.code).not.toBe(0);
        return output;
      });
      expect(refused.stderr).toMatch(/no room|disk is full|full/i);
      expect(await cluster.jsonpath("configmap before", "{.data.a}")).toBe("b");
      await Deno.remove(`${mount}/filler`);
      await retry("a write", async () => void await cluster.kubectl("create", "configmap", "after"));
    } finally {
      await run("umount", ["-l", mount]);
      await Deno.remove(mount);
    }
  }, 90_000);
});

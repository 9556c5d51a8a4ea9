import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, run, TestCluster } from "./cluster.ts";
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
      const { code, stderr } = await run("setpriv", [
        "--reuid=65534",
        "--clear-groups",
        skiff,
        "server",
        `--data-dir=${directory}`,
      ], {
        env: { DENO_DIR: directory },
      });
      expect(code).toBe(1);
      expect(stderr).toContain("root");
      expect(stderr).toContain("--disable-agent");
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  }, 60_000);

  it("names the package of a missing host tool", async () => {
    const directory = await Deno.makeTempDir();
    try {
      // A PATH that has everything but nft and conntrack.
      for (
        const tool of ["bash", "sh", "env", "dirname", "uname", "cat", "awk", "id", "containerd", "ctr", "runc", "ip"]
      ) {
        const { stdout } = await run("sh", ["-c", `command -v ${tool}`]);
        if (stdout.trim()) await Deno.symlink(stdout.trim(), `${directory}/${tool}`);
      }
      await Deno.symlink(Deno.execPath(), `${directory}/deno`);
      const { code, stderr } = await run(skiff, [
        "server",
        `--data-dir=${directory}/data`,
        `--https-listen-port=${freePort()}`,
      ], {
        env: { PATH: directory, HOME: Deno.env.get("HOME") ?? "/root" },
        clearEnv: true,
      });
      expect(code).toBe(1);
      expect(stderr).toContain("nftables");
      expect(stderr).toContain("conntrack");
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

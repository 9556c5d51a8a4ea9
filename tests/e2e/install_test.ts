import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtFile } from "../fixtures/built_file.ts";
import { changedTree } from "../fixtures/changed_tree.ts";
import { InstallMachine } from "./install_machine.ts";

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await Deno.makeTempDir({ prefix: "skiff-install-test-" });
  file = await builtFile();
});
afterAll(async () => await Deno.remove(directory, { recursive: true }));

describe("install.sh", () => {
  it("installs, upgrades under running Pods, goes back from a broken build, and is undone", async () => {
    const newer = await builtFile({ tree: await changedTree(directory, "0.99.0") });
    const fails = 'if (Deno.args[0] === "server") throw new Error("this build is broken");\n';
    const broken = await builtFile({ tree: await changedTree(directory, "0.99.1", fails) });
    await using host = await InstallMachine.start();
    for (const [name, each] of Object.entries({ file, newer, broken })) await host.insert(name, each);
    const before = await host.state();

    const first = await host.install(
      "file",
      { SKIFF_TOKEN: "a-token-that-$stays-`secret`" },
      "server",
      "--node-label",
      "site=harbour",
    );
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining("skiff is ready")]);
    const environment = await Deno.stat(host.machine.path("/etc/skiff/skiff.env"));
    expect(environment.mode! & 0o777).toBe(0o600);
    const container = await host.deploy();
    expect(container).toMatch(/^containerd:\/\/[0-9a-f]{64} 0 /);

    const second = await host.install("newer");
    expect([second.code, second.stderr]).toEqual([0, expect.stringContaining("skiff is ready")]);
    expect((await host.skiff("version")).stdout).toContain("+skiff0.99.0");
    await host.nodeReady();
    expect(await host.kubectl("get", "node", "-o", "jsonpath={.items[0].status.nodeInfo.kubeletVersion}")).toContain(
      "0.99.0",
    );
    expect(await host.container()).toBe(container);
    expect(await host.kubectl("exec", "deployment/web", "--", "echo", "lives")).toBe("lives\n");

    const third = await host.install("broken");
    expect(third.stderr).toContain("this build is broken");
    expect(third.stderr).toContain("error: the upgrade failed and was taken back: the version before runs again");
    expect(third.code).toBe(1);
    expect((await host.skiff("version")).stdout).toContain("+skiff0.99.0");
    await host.nodeReady();
    expect(await host.container()).toBe(container);

    const gone = await host.skiff("uninstall", "--verify");
    expect(gone).toMatchObject({ code: 0, stderr: "" });
    expect(gone.stdout).toContain("skiff is uninstalled\nnothing of it is left");
    expect(await host.state()).toBe(before);
  }, 300_000);

  for (const init of ["systemd", "openrc"] as const) {
    it(`makes a service of ${init} that is enabled, stopped, drained, and undone`, async () => {
      await using host = await InstallMachine.start(init);
      await host.insert("file", file);
      const before = await host.state();
      // Whoever asks first has it unpacked where it will be installed.
      expect((await host.machine.try(`/mnt/file/${file.split("/").at(-1)}`, ["check"])).stdout).toMatch(
        /^ok +control groups$/m,
      );
      const installed = await host.install("file", {}, "--node-label=site=harbour");
      expect([installed.code, installed.stderr]).toEqual([0, expect.stringContaining("skiff is ready")]);
      expect(await host.enabled(init)).toBe(true);
      expect(await host.kubectl("get", "nodes", "-l", "site=harbour", "-o", "name")).toBe("node/machine\n");
      await host.deploy();

      expect(await host.skiff("stop", "--keep-pods")).toMatchObject({ code: 0, stdout: "skiff is stopped\n" });
      expect(await host.processes("pod-of-web")).toBe(1);
      await host.control(init, "start");
      await host.nodeReady();
      const drained = await host.skiff("drain-stop");
      expect(drained.stdout).toMatch(/^default\/web-\S+ has gone\nmachine is drained, skiff is stopped\n$/);
      expect(await host.processes("runtime/deno")).toBe(0);

      expect(await host.skiff("uninstall", "--verify")).toMatchObject({ code: 0, stderr: "" });
      expect(await host.state()).toBe(before);
    }, 300_000);
  }

  it("changes nothing when the file, its checksums or their signature are not the right ones", async () => {
    await using host = await InstallMachine.start();
    await host.machine.run(
      "sh",
      "-euc",
      "cd /tmp; for k in a b; do openssl ecparam -name prime256v1 -genkey -noout -out $k.key; openssl ec -in $k.key -pubout -out $k.pub; done 2>/dev/null",
    );
    await host.insert("good", file);
    const tampered = await host.insert("tampered", file);
    const name = file.split("/").at(-1)!;
    await Deno.remove(`${tampered}/${name}`);
    await Deno.copyFile(file, `${tampered}/${name}`);
    await Deno.writeTextFile(`${tampered}/${name}`, "\0", { append: true });
    await Deno.writeTextFile(`${await host.insert("unnamed", file)}/SHA256SUMS`, `${"0".repeat(64)}  something-else\n`);
    await host.machine.run(
      "sh",
      "-euc",
      "openssl dgst -sha256 -sign /tmp/a.key -out /mnt/good/SHA256SUMS.sig /mnt/good/SHA256SUMS",
    );
    const before = await host.state();

    const refused = async (
      message: RegExp,
      stick: string,
      env: Record<string, string> = {},
      ...words: readonly string[]
    ) => {
      const { code, stderr } = await host.install(stick, env, ...words);
      expect(stderr).toMatch(message);
      expect(code).toBe(1);
      expect(await host.state()).toBe(before);
    };
    await refused(
      /has the SHA-256 [0-9a-f]{64}, SHA256SUMS says [0-9a-f]{64}: refused, nothing was changed/,
      "tampered",
    );
    await refused(/SHA256SUMS does not name skiff-linux-/, "unnamed");
    await refused(/is no signature of SHA256SUMS by the key/, "good", { INSTALL_SKIFF_PUBLIC_KEY: "/tmp/b.pub" });
    await refused(/there is no SHA256SUMS\.sig in/, "tampered", { INSTALL_SKIFF_PUBLIC_KEY: "/tmp/a.pub" });
    await refused(/there is no skiff-linux-\S+-lean beside this script|there is no skiff-linux/, "good", {
      INSTALL_SKIFF_VARIANT: "lean",
    });
    await refused(/--data-dir skiff: give an absolute path/, "good", {}, "server", "--data-dir", "skiff");
    await refused(/INSTALL_SKIFF_INIT=upstart/, "good", { INSTALL_SKIFF_INIT: "upstart" });
    await host.machine.run("busybox", "httpd", "-p", "192.0.2.10:6443", "-h", "/tmp");
    await refused(/error +ports: in use by another program: tcp\/6443 \(the API\)/, "good");

    const env = {
      INSTALL_SKIFF_PUBLIC_KEY: "/tmp/a.pub",
      INSTALL_SKIFF_SKIP_START: "true",
      INSTALL_SKIFF_SKIP_CHECK: "true",
    };
    expect(await host.install("good", env)).toMatchObject({ code: 0 });
    expect(await host.skiff("uninstall", "--verify")).toMatchObject({ code: 0 });
    expect(await host.state()).toBe(before);
  }, 300_000);

  it("puts back what it replaced, and can leave the cluster's data", async () => {
    await using host = await InstallMachine.start();
    await host.insert("file", file);
    await host.machine.run(
      "sh",
      "-euc",
      "mkdir /usr/local/bin; echo 'echo another skiff' >/usr/local/bin/skiff; chmod 750 /usr/local/bin/skiff",
    );
    const before = await host.state();
    const env = { INSTALL_SKIFF_SKIP_START: "true", INSTALL_SKIFF_NAME: "quay" };
    expect(await host.install("file", env, "server", "--disable-agent", "--data-dir=/srv/skiff")).toMatchObject({
      code: 0,
    });
    expect(await host.machine.run("ls", "/etc/skiff")).toBe("install\nskiff-quay.env\nskiff-quay.service\n");
    await host.machine.run("sh", "-euc", "mkdir -p /srv/skiff/server; echo kept >/srv/skiff/server/file");
    expect(await host.skiff("uninstall", "--name", "nobody")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("there are: skiff-quay"),
    });
    expect(await host.skiff("uninstall", "--verify", "--keep-data")).toMatchObject({ code: 0 });
    expect(await host.machine.run("cat", "/srv/skiff/server/file")).toBe("kept\n");
    expect(await host.state()).toBe(before);
    await host.machine.run("rm", "-r", "/srv/skiff");
  }, 300_000);

  it("makes an agent of who names a server; the first installation goes last", async () => {
    await using host = await InstallMachine.start();
    await host.insert("file", file);
    const before = await host.state();
    expect(await host.install("file", {}, "server", "--disable-agent")).toMatchObject({ code: 0 });
    const token = (await host.machine.run("cat", "/var/lib/skiff/server/node-token")).trim();
    const env = { SKIFF_URL: "https://192.0.2.10:6443", SKIFF_TOKEN: token };
    const joined = await host.install("file", env, "--data-dir=/var/lib/skiff-edge", "--node-name=edge");
    expect([joined.code, joined.stderr]).toEqual([0, expect.stringContaining("skiff-agent is ready")]);
    expect(await host.kubectl("get", "nodes", "-o", "name")).toBe("node/edge\n");
    expect(await host.skiff("uninstall", "--name=skiff")).toMatchObject({
      code: 1,
      stderr: "error: skiff-agent was installed after skiff and relies on it: uninstall --name skiff-agent first\n",
    });
    expect(await host.skiff("uninstall", "--name=skiff-agent", "--verify")).toMatchObject({ code: 0, stderr: "" });
    expect(await host.kubectl("get", "--raw=/readyz")).toBe("ok");
    expect(
      await host.machine.run("sh", "-c", "ls -d /proc/[0-9]*/exe | xargs -n 1 readlink | grep -c '(deleted)' || true"),
    ).toBe("0\n");
    expect(await host.skiff("uninstall", "--verify")).toMatchObject({ code: 0, stderr: "" });
    expect(await host.state()).toBe(before);
  }, 300_000);
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtFile } from "../fixtures/built_file.ts";
import { changedTree } from "../fixtures/changed_tree.ts";
import { InstallMachine } from "./install_machine.ts";
import { retry } from "./retry.ts";

const STATE = "/etc/skiff/install/skiff";
const SERVICE = "/etc/skiff/skiff.service";
const BINARY = "/usr/local/bin/skiff";

/** Kills whoever calls it as soon as it would work on the file that `/tmp/kill-at` names. */
const KILLER = `#!/bin/sh
for last; do :; done
if [ "$last" = "$(cat /tmp/kill-at 2>/dev/null)" ]; then rm /tmp/kill-at; kill -KILL $PPID; exit 1; fi
exec "/bin/$(basename "$0")" "$@"
`;

async function startMachine(file: string): Promise<InstallMachine> {
  const host = await InstallMachine.start();
  await host.insert("file", file);
  await host.machine.run(
    "sh",
    "-euc",
    `mkdir -p /usr/local/sbin; cd /usr/local/sbin; printf %s "$1" >mv`,
    "sh",
    KILLER,
  );
  await host.machine.run("sh", "-euc", "cd /usr/local/sbin; chmod 755 mv; cp -p mv sync");
  return host;
}

/** Has install.sh killed when it is about to write this file. */
async function killedAt(path: string, install: () => ReturnType<InstallMachine["install"]>, host: InstallMachine) {
  await host.machine.run("sh", "-euc", 'echo "$1" >/tmp/kill-at', "sh", path);
  const { code } = await install();
  expect([path, code]).toEqual([path, 137]);
}

describe("an installation that is killed", () => {
  let directory: string;
  let file: string;
  beforeAll(async () => {
    directory = await Deno.makeTempDir({ prefix: "skiff-install-test-" });
    file = await builtFile();
  });
  afterAll(async () => await Deno.remove(directory, { recursive: true }));

  /** By the file that it was installed from: the installed one may have gone already. */
  const uninstallFromStick = (host: InstallMachine) =>
    host.machine.try(`/mnt/file/${file.split("/").at(-1)!}`, ["uninstall", "--verify"], {
      SKIFF_BUNDLE_DIR: "/tmp/bundle",
    });

  const quick = { INSTALL_SKIFF_SKIP_START: "true", INSTALL_SKIFF_SKIP_CHECK: "true", SKIFF_TOKEN: "secret" };

  it("is completed by another run, or undone, wherever it was", async () => {
    await using host = await startMachine(file);
    const before = await host.state();
    const install = () => host.install("file", quick);
    for (const path of [`${STATE}/journal`, `${STATE}/before.json`, "/etc/skiff/skiff.env"]) {
      await killedAt(path, install, host);
      // Where not even the journal was begun there is nothing to undo yet.
      if (path === `${STATE}/journal`) continue;
      expect(await uninstallFromStick(host)).toMatchObject({ code: 0, stderr: "" });
      expect(await host.state()).toBe(before);
    }
    for (const path of [`${STATE}/before.json`, `${BINARY}.new`, SERVICE]) {
      await killedAt(path, install, host);
      expect(await install()).toMatchObject({ code: 0 });
      expect(await host.skiff("uninstall", "--verify")).toMatchObject({ code: 0, stderr: "" });
      expect(await host.state()).toBe(before);
    }
  }, 300_000);

  it("is taken away by another `skiff uninstall` when the first one was killed", async () => {
    await using host = await startMachine(file);
    const before = await host.state();
    for (const path of [SERVICE, "/var/lib/skiff/bundle"]) {
      expect(await host.install("file", quick)).toMatchObject({ code: 0 });
      const script = `setsid skiff uninstall >/dev/null 2>&1 & pid=$!
        while [ -e "$1" ]; do :; done
        kill -KILL -$pid 2>/dev/null || true`;
      await host.machine.run("sh", "-euc", script, "sh", path);
      // It may have been faster than the signal.
      if (await host.machine.try("test", ["-e", `${STATE}/journal`]).then(({ code }) => code === 0)) {
        expect(await uninstallFromStick(host)).toMatchObject({ code: 0, stderr: "" });
      }
      expect(await host.state()).toBe(before);
    }
  }, 300_000);

  it(
    "goes back to the version before by itself, when the power was cut during the upgrade to one that does not run",
    async () => {
      const fails = 'if (Deno.args[0] === "server") throw new Error("this build is broken");\n';
      const broken = await builtFile({ tree: await changedTree(directory, "0.99.1", fails) });
      await using host = await startMachine(file);
      const before = await host.state();
      await host.insert("broken", broken);
      expect(await host.install("file", {}, "server", "--disable-agent")).toMatchObject({ code: 0 });
      const version = (await host.skiff("version")).stdout;
      // Where nobody else rotates logs.
      const log = "/var/log/skiff.log";
      await host.machine.run("sh", "-euc", `head -c 20000000 /dev/zero >>${log}; ${SERVICE} trim; ${SERVICE} trim`);
      expect(Number(await host.machine.run("stat", "-c", "%s", log))).toBeLessThan(20_000_000);
      expect(Number(await host.machine.run("stat", "-c", "%s", `${log}.1`))).toBeGreaterThanOrEqual(20_000_000);

      await killedAt(SERVICE, () => host.install("broken"), host);
      expect((await host.skiff("version")).stdout).toContain("+skiff0.99.1");
      await host.machine.run(SERVICE, "stop");
      await host.machine.run(SERVICE, "start");
      await retry("the version before to answer", async () => {
        expect(await host.kubectl("get", "--raw=/readyz")).toBe("ok");
      }, 120_000);
      expect((await host.skiff("version")).stdout).toBe(version);
      expect(await host.machine.run("ls", STATE)).toBe("arguments\nbefore.json\njournal\n");

      // Another run after the cut goes on; what it replaces in the end is the version before, not half of an upgrade.
      await killedAt(SERVICE, () => host.install("broken"), host);
      const again = await host.install("broken");
      expect(again.stderr).toContain("error: the upgrade failed and was taken back: the version before runs again");
      expect((await host.skiff("version")).stdout).toBe(version);
      expect(await host.kubectl("get", "--raw=/readyz")).toBe("ok");
      expect(await host.skiff("uninstall", "--verify")).toMatchObject({ code: 0, stderr: "" });
      expect(await host.state()).toBe(before);
    },
    300_000,
  );
});

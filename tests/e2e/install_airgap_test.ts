import { describe, expect, it } from "vitest";
import { builtFile } from "../fixtures/built_file.ts";
import { busyboxImage } from "../fixtures/busybox_image.ts";
import { IMAGE } from "./cluster.ts";
import { InstallMachine, KUBECONFIG } from "./install_machine.ts";
import { retry } from "./retry.ts";

const OTHER_IMAGE = "skiff.test/other:1";

/** Installs, gives the node two images, and packs them: the first alone, then both as a delta to that. Answers where the bundles are on the host. */
async function pack(office: InstallMachine): Promise<{ whole: string; delta: string }> {
  await office.insert("file", await builtFile());
  const installed = await office.install("file", { INSTALL_SKIFF_SKIP_CHECK: "true" });
  expect([installed.code, installed.stderr]).toEqual([0, expect.stringContaining("skiff is ready")]);
  await Deno.writeFile(office.machine.path("/tmp/first.tar"), await busyboxImage(IMAGE));
  await Deno.writeFile(
    office.machine.path("/tmp/other.tar"),
    await busyboxImage(OTHER_IMAGE, { files: { "/other": "x" } }),
  );
  expect(await office.skiff("images", "import", "/tmp/first.tar", "/tmp/other.tar")).toMatchObject({
    code: 0,
    stderr: "",
  });
  const whole = await office.skiff("images", "bundle", "/mnt/whole.tar", IMAGE);
  expect(whole).toMatchObject({ code: 0, stderr: "" });
  const delta = await office.skiff(
    "images",
    "bundle",
    "/mnt/delta.tar",
    IMAGE,
    OTHER_IMAGE,
    "--delta-from=/mnt/whole.tar",
  );
  expect(delta.stdout).toMatch(/^packed 2 images into \/mnt\/delta\.tar, [0-9.]+ MB, a delta\n$/);
  return { whole: `${office.machine.directory}/mnt/whole.tar`, delta: `${office.machine.directory}/mnt/delta.tar` };
}

async function carry(file: string, to: InstallMachine, name: string): Promise<void> {
  await to.machine.run("mkdir", `/mnt/${name}`);
  await Deno.link(file, `${to.machine.directory}/mnt/${name}.tar`);
  await to.machine.run("tar", "-xf", `/mnt/${name}.tar`, "-C", `/mnt/${name}`);
}

async function runsPod(host: InstallMachine, name: string, image: string): Promise<void> {
  await host.kubectl("run", name, `--image=${image}`, "--", "sleep", "3600");
  await host.kubectl("wait", `pod/${name}`, "--for=condition=Ready", "--timeout=60s");
}

describe("a bundle", () => {
  it("brings Skiff and images to a machine without any route, then more images as a delta", async () => {
    await using office = await InstallMachine.start();
    const { whole, delta } = await pack(office);
    // The second holds what is new alone: neither Skiff nor the layers of the first image.
    expect((await Deno.stat(delta)).size).toBeLessThan((await Deno.stat(whole)).size / 10);

    await using site = await InstallMachine.start();
    expect(await site.machine.run("ip", "route")).toBe("");
    await carry(whole, site, "whole");
    await carry(delta, site, "delta");
    const before = await site.state();
    await site.machine.run("cp", "-r", "/mnt/whole", "/mnt/damaged");
    await site.machine.run(
      "sh",
      "-euc",
      "printf x | dd of=/mnt/damaged/images.tar bs=1 seek=100000 conv=notrunc 2>/dev/null",
    );
    const damaged = await site.install("damaged");
    expect(damaged.stderr).toMatch(
      /images\.tar has the SHA-256 [0-9a-f]{64}, SHA256SUMS says [0-9a-f]{64}: refused, nothing was changed/,
    );
    expect([damaged.code, await site.state()]).toEqual([1, before]);

    const installed = await site.install("whole");
    expect([installed.code, installed.stderr]).toEqual([0, expect.stringContaining("skiff is ready")]);
    await runsPod(site, "first", IMAGE);

    const second = await site.install("delta");
    expect([second.code, second.stderr]).toEqual([0, expect.stringContaining("skiff is ready")]);
    await runsPod(site, "second", OTHER_IMAGE);

    // Somebody takes the images away: they come back from the archive.
    await site.kubectl("delete", "pod", "first", "second", "--grace-period=0");
    await site.machine.run("skiff", "ctr", "images", "remove", "--sync", IMAGE, OTHER_IMAGE);
    await site.machine.run("/etc/skiff/skiff.service", "restart");
    await retry(
      "the API",
      async () => void await site.machine.run("/mnt/kubectl", `--kubeconfig=${KUBECONFIG}`, "get", "--raw=/readyz"),
      30_000,
    );
    await runsPod(site, "third", OTHER_IMAGE);
    expect(await site.skiff("uninstall", "--verify")).toMatchObject({ code: 0 });
    expect(await site.state()).toBe(before);

    // The office never installed the whole bundle: its delta has nothing to build on.
    await carry(delta, office, "unpacked");
    const refused = await office.install("unpacked");
    expect(refused.stderr).toMatch(
      /delta to images that this node does not have: .*bundle\.tar is not there, wanted is [0-9a-f]{64}/,
    );
    expect(refused.code).toBe(1);
  }, 300_000);
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mountOf, mounts, mountTmpfs, unmountBelow } from "./mount.ts";
import { bindSubPath } from "./sub_path.ts";

let root: string;
beforeEach(async () => {
  root = await Deno.realPath(await Deno.makeTempDir());
  await Deno.mkdir(`${root}/volume/dir`, { recursive: true });
  await Deno.writeTextFile(`${root}/volume/dir/file`, "inside");
  await Deno.writeTextFile(`${root}/secret`, "outside");
});
afterEach(async () => {
  await unmountBelow(root);
  await Deno.remove(root, { recursive: true });
});

const bind = (subPath: string) => bindSubPath(`${root}/volume`, subPath, `${root}/targets/x/0`);

describe("bindSubPath", () => {
  it("binds a file, a directory and one that is not there yet", async () => {
    await bind("dir/file");
    expect(await Deno.readTextFile(`${root}/targets/x/0`)).toBe("inside");
    await bindSubPath(`${root}/volume`, "dir", `${root}/targets/x/1`);
    expect(await Deno.readTextFile(`${root}/targets/x/1/file`)).toBe("inside");
    await bindSubPath(`${root}/volume`, "new/deep", `${root}/targets/x/2`);
    expect((await Deno.stat(`${root}/volume/new/deep`)).isDirectory).toBe(true);
  });

  it("follows links that stay inside and refuses those that do not", async () => {
    await Deno.symlink("dir", `${root}/volume/good`);
    await Deno.symlink("../secret", `${root}/volume/bad`);
    await Deno.symlink("/etc", `${root}/volume/worse`);
    await bind("good/file");
    await expect(bind("bad")).rejects.toThrow("leads out of its volume");
    await expect(bind("worse/passwd")).rejects.toThrow("leads out of its volume");
    await expect(bind("../secret")).rejects.toThrow('without ".."');
  });

  it("works in a filesystem of its own", async () => {
    await Deno.mkdir(`${root}/memory`);
    await mountTmpfs(`${root}/memory`);
    await Deno.mkdir(`${root}/memory/a`);
    await bindSubPath(`${root}/memory`, "a/b", `${root}/targets/x/3`);
    expect(mountOf(`${root}/targets/x/3`, await mounts())).toMatchObject({ root: "/a/b", type: "tmpfs" });
  });
});

import { Quantity } from "../../api/meta/quantity.ts";
import { VolumeError, type VolumePlugin } from "./contract.ts";
import { mountOf, mounts, mountTmpfs } from "./mount.ts";
import { giveToGroup } from "./ownership.ts";

/** Scratch space for as long as the Pod is on the node: on its disk, or in memory as a tmpfs of limited size. */
export const emptyDir: VolumePlugin = {
  directory: "kubernetes.io~empty-dir",
  async setUp({ pod, volume, directory }) {
    const { medium = "", sizeLimit } = volume.emptyDir!;
    if (medium !== "" && medium !== "Memory") {
      throw new VolumeError(
        "unsupported",
        `volume "${volume.name}": emptyDir medium ${JSON.stringify(medium)} is not supported`,
      );
    }
    const isNew = await Deno.stat(directory).then(() => false, () => true);
    await Deno.mkdir(directory, { recursive: true });
    let mounted = false;
    if (medium === "Memory" && mountOf(directory, await mounts())?.path !== directory) {
      const limit = sizeLimit && Quantity.parse(sizeLimit).value();
      await mountTmpfs(directory, ["mode=0777", ...limit ? [`size=${limit}`] : []]);
      mounted = true;
    }
    if (isNew || mounted) {
      // Any user may write into it, whatever the process's umask.
      await Deno.chmod(directory, 0o777);
      await giveToGroup(directory, pod);
    }
    return { path: directory };
  },
};

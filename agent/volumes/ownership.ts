import type { Pod } from "../../api/types/core_v1.ts";

/**
 * Gives a volume to the Pod's `fsGroup`: its group may read and write all of it, and what is made in it later belongs to the group too. With
 * `OnRootMismatch` a volume whose top is right already is left alone.
 */
export async function giveToGroup(directory: string, pod: Pod): Promise<void> {
  const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext ?? {};
  if (fsGroup === undefined) return;
  if (fsGroupChangePolicy === "OnRootMismatch" && await isRight(directory, fsGroup)) return;
  await give(directory, fsGroup, "directory");
}

const directoryBits = 0o2770;
const fileBits = 0o660;

async function isRight(directory: string, group: number): Promise<boolean> {
  const { gid, mode } = await Deno.stat(directory);
  return gid === group && ((mode ?? 0) & directoryBits) === directoryBits;
}

async function give(path: string, group: number, kind: "directory" | "file"): Promise<void> {
  if (kind === "directory") {
    for await (const entry of Deno.readDir(path)) {
      // A link's target is not ours to give away.
      if (!entry.isSymlink) await give(`${path}/${entry.name}`, group, entry.isDirectory ? "directory" : "file");
    }
  }
  await Deno.chown(path, null, group);
  const { mode } = await Deno.lstat(path);
  await Deno.chmod(path, ((mode ?? 0) & 0o7777) | (kind === "directory" ? directoryBits : fileBits));
}

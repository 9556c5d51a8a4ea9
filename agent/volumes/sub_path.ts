import { VolumeError } from "./contract.ts";
import { bindMount, mountOf, mounts, unmount } from "./mount.ts";

/**
 * Binds `volume/subPath` to `target`, which containers then mount. Whoever writes to the volume may put links into it, and may do so between
 * any check and its use; so the bind is made first and then looked at: what is mounted must lie in the volume by the kernel's own account.
 */
export async function bindSubPath(volume: string, subPath: string, target: string): Promise<void> {
  const parts = subPath.split("/").filter((part) => part !== "" && part !== ".");
  if (subPath.startsWith("/") || parts.includes("..")) {
    throw new VolumeError("invalid", `subPath ${JSON.stringify(subPath)} must be relative and without ".."`);
  }
  const root = await Deno.realPath(volume);
  const wanted = [root, ...parts].join("/");
  const source = await resolveInside(root, wanted, subPath);
  const { isDirectory } = await Deno.stat(source);
  await unmount(target);
  await makeTarget(target, isDirectory);
  await bindMount(source, target);
  const all = await mounts();
  const expected = pathInFilesystem(source, all.filter((mount) => mount.path !== target));
  const bound = all.findLast((mount) => mount.path === target);
  if (bound && expected && bound.device === expected.device && bound.root === expected.path) return;
  await unmount(target);
  throw new VolumeError("invalid", `subPath ${JSON.stringify(subPath)} was changed while it was mounted`);
}

/** Follows links, makes missing directories, and refuses what ends outside of the volume. */
async function resolveInside(root: string, wanted: string, subPath: string): Promise<string> {
  let at = root;
  for (const part of wanted.slice(root.length + 1).split("/").filter(Boolean)) {
    const next = `${at}/${part}`;
    try {
      at = await Deno.realPath(next);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      await Deno.mkdir(next);
      const { mode } = await Deno.stat(at);
      await Deno.chmod(next, (mode ?? 0o755) & 0o7777);
      at = next;
    }
    if (at !== root && !at.startsWith(`${root}/`)) {
      throw new VolumeError("invalid", `subPath ${JSON.stringify(subPath)} leads out of its volume`);
    }
  }
  return at;
}

async function makeTarget(target: string, isDirectory: boolean): Promise<void> {
  const parent = target.slice(0, target.lastIndexOf("/"));
  await Deno.mkdir(parent, { recursive: true });
  if (isDirectory) await Deno.mkdir(target, { recursive: true });
  else await Deno.writeFile(target, new Uint8Array());
}

/** Where a path lies within its filesystem, as mountinfo's root would name it. */
function pathInFilesystem(
  path: string,
  all: Parameters<typeof mountOf>[1],
): { readonly device: string; readonly path: string } | undefined {
  const mount = mountOf(path, all);
  if (!mount) return undefined;
  const inside = mount.path === "/" ? path : path.slice(mount.path.length);
  const joined = mount.root === "/" ? inside || "/" : `${mount.root}${inside === "/" ? "" : inside}`;
  return { device: mount.device, path: joined };
}

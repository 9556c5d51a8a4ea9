import { RuntimeError } from "../contract.ts";
import type { ContainerdPaths } from "./paths.ts";

/** Directories that a service's PATH often leaves out. */
export const SEARCH_PATH = [
  ...new Set([
    ...(Deno.env.get("PATH") ?? "").split(":").filter(Boolean),
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
  ]),
];

/** The tools a node needs beside us, and the Debian package of each. */
const PACKAGES = { containerd: "containerd", runc: "runc", ctr: "containerd" } as const;

/** The tool's absolute path; rejects with a `RuntimeError` that names the Debian package. */
export async function findTool(
  name: keyof typeof PACKAGES,
  path: readonly string[] = SEARCH_PATH,
): Promise<string> {
  for (const directory of path) {
    if (await exists(`${directory}/${name}`)) return `${directory}/${name}`;
  }
  throw new RuntimeError(
    "unavailable",
    `${name} is not installed (looked in ${path.join(", ")}): install the package ${PACKAGES[name]}, ` +
      "or give a running container runtime with --container-runtime-endpoint",
  );
}

/** Where CNI plugins are looked for: where the one file unpacked its own, then Debian's directory, then that of upstream's archives. */
export function cniDirectories(): readonly string[] {
  const own = Deno.env.get("SKIFF_CNI_BIN_DIR");
  return [...(own ? [own] : []), "/usr/lib/cni", "/opt/cni/bin"];
}

/** The directory of the CNI plugins. */
export async function findCniBinDir(): Promise<string> {
  const candidates = cniDirectories();
  for (const directory of candidates) if (await exists(`${directory}/bridge`)) return directory;
  throw new RuntimeError(
    "unavailable",
    `no CNI plugins in ${candidates.join(" or ")}: install the package containernetworking-plugins`,
  );
}

/** CAP_SYS_RESOURCE (bit 24) is missing in many containers; lowering oom_score_adj needs it. */
export async function lacksSysResource(): Promise<boolean> {
  const status = await Deno.readTextFile("/proc/self/status");
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return (BigInt(`0x${effective}`) >> 24n & 1n) === 0n;
}

/** Tries an overlay mount where the snapshots will lie: on some file systems (overlay itself, some network ones) it fails. */
export async function supportsOverlay(paths: ContainerdPaths): Promise<boolean> {
  if (await exists(`${paths.root}/io.containerd.snapshotter.v1.overlayfs/metadata.db`)) return true;
  await Deno.mkdir(paths.root, { recursive: true });
  const probe = await Deno.makeTempDir({ dir: paths.root, prefix: "overlay-probe-" });
  try {
    for (const part of ["lower", "upper", "work", "merged"]) await Deno.mkdir(`${probe}/${part}`);
    const options = `lowerdir=${probe}/lower,upperdir=${probe}/upper,workdir=${probe}/work`;
    if (!await succeeds("mount", "-t", "overlay", "-o", options, "overlay", `${probe}/merged`)) return false;
    return await succeeds("umount", `${probe}/merged`);
  } finally {
    await Deno.remove(probe, { recursive: true });
  }
}

async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  const env = { PATH: SEARCH_PATH.join(":") };
  const { success } = await new Deno.Command(command, { args, env, stdin: "null", stdout: "null", stderr: "null" })
    .output();
  return success;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

import { VolumeError } from "./contract.ts";

/** One line of `/proc/self/mountinfo`. */
export interface MountEntry {
  /** Which part of its filesystem is mounted here. */
  readonly root: string;
  readonly path: string;
  readonly type: string;
  readonly device: string;
}

export async function mountTmpfs(path: string, options: readonly string[] = []): Promise<void> {
  await run("mount", ["-t", "tmpfs", ...options.length > 0 ? ["-o", options.join(",")] : [], "tmpfs", path]);
}

export async function bindMount(from: string, to: string): Promise<void> {
  await run("mount", ["--no-canonicalize", "--bind", from, to]);
}

/** Resolves when nothing is mounted there, also when nothing was. A busy mount is taken out of sight and goes when it is free. */
export async function unmount(path: string): Promise<void> {
  for (const entry of (await mounts()).filter((mount) => mount.path === path)) {
    try {
      await run("umount", [entry.path]);
    } catch {
      await run("umount", ["-l", entry.path]);
    }
  }
}

/** Unmounts everything at and below a directory, the innermost first. */
export async function unmountBelow(directory: string): Promise<void> {
  const inside = (await mounts()).filter(({ path }) => path === directory || path.startsWith(`${directory}/`));
  for (const { path } of inside.toReversed()) {
    try {
      await run("umount", [path]);
    } catch {
      await run("umount", ["-l", path]);
    }
  }
}

export async function mounts(): Promise<MountEntry[]> {
  return parseMountInfo(await Deno.readTextFile("/proc/self/mountinfo"));
}

export function parseMountInfo(text: string): MountEntry[] {
  return text.split("\n").flatMap((line) => {
    const [left = "", right = ""] = line.split(" - ");
    const [, , device, root, path] = left.split(" ");
    if (device === undefined || root === undefined || path === undefined) return [];
    return [{ device, root: unescape(root), path: unescape(path), type: right.split(" ")[0] ?? "" }];
  });
}

/** The mount that a path lies on: of those that contain it the innermost, and of equal ones the last. */
export function mountOf(path: string, all: readonly MountEntry[]): MountEntry | undefined {
  let best: MountEntry | undefined;
  for (const entry of all) {
    const contains = entry.path === path || path.startsWith(entry.path === "/" ? "/" : `${entry.path}/`);
    if (contains && (!best || entry.path.length >= best.path.length)) best = entry;
  }
  return best;
}

/** The kernel writes blanks and backslashes in octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}

async function run(command: string, args: string[]): Promise<void> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(command, { args, stdout: "null", stderr: "piped", stdin: "null" }).output();
  } catch (error) {
    throw new VolumeError("failed", `cannot run ${command}: ${(error as Error).message}; install the package "mount"`, {
      cause: error,
    });
  }
  if (output.success) return;
  const said = new TextDecoder().decode(output.stderr).trim();
  throw new VolumeError("failed", `${command} ${args.join(" ")} failed: ${said}`);
}

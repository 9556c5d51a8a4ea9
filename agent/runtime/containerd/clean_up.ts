import { getLogger } from "@logtape/logtape";
import { type ContainerRuntime, RuntimeError } from "../contract.ts";
import { createCriRuntime } from "../cri/cri_runtime.ts";
import { type ContainerdPaths, containerdPaths } from "./paths.ts";
import { commandLine, ignoreNotFound, runningContainerd, sendSignal, terminateContainerd } from "./process.ts";
import { findShims } from "./shims.ts";

const log = getLogger(["skiff", "containerd"]);

/** Stops and removes every sandbox with its containers, a few at a time. */
export async function removePods(runtime: ContainerRuntime): Promise<void> {
  const waiting = [...await runtime.sandboxes()];
  async function work(): Promise<void> {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      await runtime.stopSandbox(next.id);
      await runtime.removeSandbox(next.id);
    }
  }
  await Promise.all(Array.from({ length: 8 }, work));
}

/**
 * Leaves nothing of a data directory's containers on the machine: sandboxes and containers, containerd and its shims, mounts and network
 * namespaces, cgroups. Images and volumes stay. Works whatever state things are in, and does nothing the second time.
 */
export async function cleanUpRuntime({ dataDir }: { readonly dataDir: string }): Promise<void> {
  const paths = containerdPaths(dataDir);
  if (await runningContainerd(paths) !== undefined) {
    const runtime = createCriRuntime({ endpoint: paths.socket });
    try {
      await removePods(runtime);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      log.warn("containerd cannot remove its Pods, they are killed: {error}", { error });
    } finally {
      await runtime.close();
    }
  }
  await terminateContainerd(paths);
  const cgroups = await killShims(paths);
  await unmountBelow(paths.state);
  await unmountBelow(paths.dataDir);
  for (const cgroup of cgroups) await Deno.remove(cgroup).catch(() => {});
  await Deno.remove(paths.state, { recursive: true }).catch(ignoreNotFound);
}

/** Kills the shims of our socket and what runs below them; answers the cgroups these were in, deepest first. */
async function killShims(paths: ContainerdPaths): Promise<readonly string[]> {
  const shims = await findShims(paths);
  const below = [...new Set(shims.flatMap((shim) => shim.below))];
  const all = [...below, ...shims.map(({ pid }) => pid)];
  const cgroups = new Set<string>();
  for (const pid of below) for (const path of await cgroupsOf(pid)) cgroups.add(path);
  for (const pid of all) sendSignal(pid, "SIGKILL");
  for (let waited = 0; waited < 5000; waited += 20) {
    const alive = await Promise.all(all.map(commandLine));
    if (alive.every((words) => words.length === 0)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const { socket } of shims) await Deno.remove(socket).catch(ignoreNotFound);
  return [...cgroups].sort((a, b) => b.length - a.length);
}

/** The directories of a process's cgroups that are not the root ones, as cgroup v1 and v2 mount them. */
async function cgroupsOf(pid: number): Promise<readonly string[]> {
  const lines = (await Deno.readTextFile(`/proc/${pid}/cgroup`).catch(() => "")).split("\n");
  return lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? [];
    if (!path || path === "/") return [];
    return controllers ? [`/sys/fs/cgroup/${controllers.replace(/^name=/, "")}${path}`] : [`/sys/fs/cgroup${path}`];
  });
}

/** Mount points at or below a directory, the innermost first. */
async function unmountBelow(directory: string): Promise<void> {
  const points = (await Deno.readTextFile("/proc/self/mountinfo")).split("\n")
    .map((line) => unescape(line.split(" ")[4] ?? ""))
    .filter((point) => point.startsWith(`${directory}/`))
    .reverse();
  for (let i = 0; i < points.length; i += 50) {
    // Lazily: a process of someone else's may have its working directory there.
    const args = ["-l", ...points.slice(i, i + 50)];
    await new Deno.Command("umount", { args, stdin: "null", stdout: "null", stderr: "null" }).output();
  }
}

/** The kernel writes blank, tab, line feed and backslash as three octal digits. */
function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

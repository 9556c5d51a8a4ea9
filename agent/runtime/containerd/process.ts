import { SEARCH_PATH } from "./host.ts";
import type { ContainerdPaths } from "./paths.ts";

/** Shell that leaves a daemon behind: its own session, no parent of ours, its pid in a file, its output at the end of a log. */
const LAUNCH = `
setsid sh -c 'echo $$ >"$3.new" && mv "$3.new" "$3" && exec "$0" --config "$1" --log-level info </dev/null >>"$2" 2>&1' "$0" "$1" "$2" "$3" </dev/null >/dev/null 2>&1 &
`;

/**
 * Starts containerd so that neither Skiff's end nor a signal to Skiff's process group reaches it. What it starts (shims) lives on
 * when it dies, too.
 */
export async function launchContainerd(binary: string, paths: ContainerdPaths): Promise<void> {
  await Deno.remove(paths.pidFile).catch(ignoreNotFound);
  const env: Record<string, string> = { ...Deno.env.toObject(), PATH: SEARCH_PATH.join(":") };
  // It would tell systemd that Skiff's own service is ready.
  delete env.NOTIFY_SOCKET;
  await new Deno.Command("sh", {
    args: ["-c", LAUNCH, binary, paths.config, paths.log, paths.pidFile],
    env,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
}

/** The pid of the running containerd of these paths, or undefined. */
export async function runningContainerd(paths: ContainerdPaths): Promise<number | undefined> {
  const pid = Number.parseInt(await Deno.readTextFile(paths.pidFile).catch(() => ""), 10);
  return pid > 0 && await isOurs(pid, paths) ? pid : undefined;
}

/** Pids are used again: the command line tells whose this one is. A zombie has none. */
async function isOurs(pid: number, paths: ContainerdPaths): Promise<boolean> {
  const words = await commandLine(pid);
  return words[1] === "--config" && words[2] === paths.config;
}

/** Empty when there is no such process. */
export async function commandLine(pid: number): Promise<string[]> {
  const text = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
  return text.split("\0");
}

/** SIGTERM, and after ten seconds SIGKILL; resolves when it is gone. */
export async function terminateContainerd(paths: ContainerdPaths): Promise<void> {
  const pid = await runningContainerd(paths);
  if (pid === undefined) return;
  sendSignal(pid, "SIGTERM");
  for (let waited = 0; await isOurs(pid, paths); waited += 20) {
    if (waited === 10_000) sendSignal(pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await Deno.remove(paths.pidFile).catch(ignoreNotFound);
}

/** False when there is no such process. */
export function sendSignal(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || (error as { code?: string }).code === "ESRCH") return false;
    throw error;
  }
}

export function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Keeps the last `limit` bytes or so twice: copies the log aside and empties it, which a writer that appends does not notice. */
export async function rotateLog(path: string, limit = 10 * 1024 * 1024): Promise<void> {
  const size = (await Deno.stat(path).catch(() => undefined))?.size ?? 0;
  if (size <= limit) return;
  await Deno.copyFile(path, `${path}.1`);
  await Deno.truncate(path, 0);
}

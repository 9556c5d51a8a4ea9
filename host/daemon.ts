/** A program that Skiff starts and that outlives it, found again by its pid file. */
export interface Daemon {
  readonly binary: string;
  readonly args: readonly string[];
  readonly pidFile: string;
  /** Its output is added to the end of this file. */
  readonly log: string;
  /** Whether a process with these arguments is this daemon: pids are used again. */
  isOurs(args: readonly string[]): boolean;
  /** A file that the process, and whoever it leaves behind, holds locked as long as it lives: what {@linkcode untilUnlocked} waits for. */
  readonly lockFile?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Shell that leaves a daemon behind: its own session, no parent of ours, its pid in a file, its output at the end of a log. */
const LAUNCH = `
setsid sh -c '
  [ -z "$2" ] || { exec 9>"$2" && flock -n 9; } || exit 1
  echo $$ >"$0.new" && mv "$0.new" "$0" && exec >>"$1" 2>&1 && shift 2 && exec "$@"
' "$@" </dev/null >/dev/null 2>&1 &
`;

/**
 * Starts a daemon so that neither Skiff's end nor a signal to Skiff's process group reaches it. Nothing tells here whether it comes up. With a lock
 * file it does not start beside another one.
 */
export async function launchDaemon({ binary, args, pidFile, log, lockFile = "", env = {} }: Daemon): Promise<void> {
  await Deno.remove(pidFile).catch(ignoreNotFound);
  const all: Record<string, string> = { ...Deno.env.toObject(), ...env };
  // It would tell systemd that Skiff's own service is ready.
  delete all.NOTIFY_SOCKET;
  await new Deno.Command("sh", {
    args: ["-c", LAUNCH, "sh", pidFile, log, lockFile, binary, ...args],
    env: all,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
}

/** The pid of the running daemon, or undefined. */
export async function runningDaemon(daemon: Pick<Daemon, "pidFile" | "isOurs">): Promise<number | undefined> {
  const pid = Number.parseInt(await Deno.readTextFile(daemon.pidFile).catch(() => ""), 10);
  return pid > 0 && await isDaemon(pid, daemon) ? pid : undefined;
}

/** A zombie has no command line. */
async function isDaemon(pid: number, { isOurs }: Pick<Daemon, "isOurs">): Promise<boolean> {
  const [, ...args] = await commandLine(pid);
  return isOurs(args);
}

/** Empty when there is no such process. */
export async function commandLine(pid: number): Promise<string[]> {
  const text = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
  return text.split("\0").slice(0, -1);
}

/** Between writing its pid and becoming the daemon the process is a shell. */
export async function isStillShell({ pidFile }: Pick<Daemon, "pidFile">): Promise<boolean> {
  const pid = (await Deno.readTextFile(pidFile).catch(() => "")).trim();
  return (await Deno.readTextFile(`/proc/${pid}/comm`).catch(() => "")).trim() === "sh";
}

/** SIGTERM, and after ten seconds SIGKILL; resolves when it is gone. */
export async function terminateDaemon(daemon: Pick<Daemon, "pidFile" | "isOurs">): Promise<void> {
  const pid = await runningDaemon(daemon);
  if (pid === undefined) return;
  sendSignal(pid, "SIGTERM");
  for (let waited = 0; await isDaemon(pid, daemon); waited += 20) {
    if (waited === 10_000) sendSignal(pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await Deno.remove(daemon.pidFile).catch(ignoreNotFound);
}

/** Resolves when no process holds the lock, at once when none does. The kernel wakes us: nothing is polled. */
export async function untilUnlocked(lockFile: string): Promise<void> {
  using file = await Deno.open(lockFile, { create: true, write: true });
  await file.lock(true);
  await file.unlock();
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

/** Keeps the last `limit` bytes or so twice: copies the log aside and empties it, which a writer that appends does not notice. */
export async function rotateLog(path: string, limit = 10 * 1024 * 1024): Promise<void> {
  const size = (await Deno.stat(path).catch(() => undefined))?.size ?? 0;
  if (size <= limit) return;
  await Deno.copyFile(path, `${path}.1`);
  await Deno.truncate(path, 0);
}

export async function lastLine(path: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.trimEnd().split("\n").at(-1) || "it said nothing";
}

export function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

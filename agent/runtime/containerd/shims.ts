import { getLogger } from "@logtape/logtape";
import { createHash } from "node:crypto";
import type { Clock } from "../../../api/clock.ts";
import { pause } from "../../../client/pause.ts";
import type { ContainerRuntime } from "../contract.ts";
import type { ContainerdPaths } from "./paths.ts";
import { commandLine, ignoreNotFound, sendSignal } from "./process.ts";

/** The process between containerd and the containers of one sandbox; outlives containerd. */
export interface Shim {
  readonly pid: number;
  /** Of the sandbox. */
  readonly id: string;
  readonly socket: string;
  /** All processes below it. */
  readonly below: readonly number[];
}

const log = getLogger(["skiff", "containerd"]);
/** Longer than a shim takes from its start to its first container, and than the runtime takes to list it. */
const patience = 10_000;

/** The shims of our containerd, running or not. */
export async function findShims(paths: ContainerdPaths): Promise<readonly Shim[]> {
  const parents = new Map<number, number>();
  const found = new Map<number, readonly string[]>();
  for await (const { name } of Deno.readDir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
    parents.set(pid, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    const words = await commandLine(pid);
    if (words[0]?.includes("containerd-shim") && words.includes(paths.socket)) found.set(pid, words);
  }
  const below = new Map<number, number[]>();
  for (const pid of parents.keys()) {
    for (let at = parents.get(pid); at !== undefined && at > 1; at = parents.get(at)) {
      if (found.has(at)) below.set(at, [...below.get(at) ?? [], pid]);
    }
  }
  return [...found].map(([pid, words]) => ({
    pid,
    id: after(words, "-id"),
    socket: shimSocket(words),
    below: below.get(pid) ?? [],
  }));
}

/**
 * Ends shims that hold nothing and that containerd has forgotten: when it is killed while it starts one, the next containerd clears the records away and leaves
 * the process. Looks twice, so that none is taken for lost that is only just beginning. Never rejects.
 */
export async function endLostShims(
  runtime: ContainerRuntime,
  paths: ContainerdPaths,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  try {
    await pause(clock, patience, signal);
    const first = await lostShims(runtime, paths, signal);
    if (first.length === 0) return;
    await pause(clock, patience, signal);
    const again = new Set((await lostShims(runtime, paths, signal)).map(({ pid, id }) => `${pid} ${id}`));
    for (const { pid, id, socket } of first) {
      if (!again.has(`${pid} ${id}`)) continue;
      log.info("ending a shim that containerd has forgotten: {id} (pid {pid})", { id, pid });
      sendSignal(pid, "SIGKILL");
      await Deno.remove(socket).catch(ignoreNotFound);
    }
  } catch (error) {
    if (!signal.aborted) log.warn("shims that were left behind cannot be looked for: {error}", { error });
  }
}

async function lostShims(
  runtime: ContainerRuntime,
  paths: ContainerdPaths,
  signal: AbortSignal,
): Promise<readonly Shim[]> {
  // Before the list, so that each is in it that was complete by then.
  const shims = (await findShims(paths)).filter(({ below }) => below.length === 0);
  if (shims.length === 0) return [];
  const [sandboxes, containers] = await Promise.all([runtime.sandboxes(signal), runtime.containers(undefined, signal)]);
  const known = new Set([...sandboxes, ...containers].map(({ id }) => id));
  return shims.filter(({ id }) => !known.has(id));
}

/** A shim that is killed leaves its socket, which containerd names after its own socket, the namespace and the sandbox (`runtime/v2/shim`). */
function shimSocket(words: readonly string[]): string {
  const name = [after(words, "-address"), after(words, "-namespace"), after(words, "-id")].join("/");
  return `/run/containerd/s/${createHash("sha256").update(name).digest("hex")}`;
}

function after(words: readonly string[], flag: string): string {
  return words[words.indexOf(flag) + 1] ?? "";
}

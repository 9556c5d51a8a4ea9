import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../../api/clock.ts";
import { pause } from "../../../client/pause.ts";
import type { ContainerRuntime } from "../../runtime/contract.ts";
import { PACKED, rotatedLogs, UNFINISHED, unfinishedLogs } from "./rotated_logs.ts";

const log = getLogger(["skiff", "kubelet", "logs"]);

export interface LogRotationOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The kubelet's `containerLogMaxSize`, 10 MB. */
  readonly maxBytes?: number;
  /** The kubelet's `containerLogMaxFiles`, the one being written included. */
  readonly maxFiles?: number;
  /** Milliseconds between two looks at the sizes, as long as a container runs. */
  readonly interval?: number;
}

const MAX_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 5;
const INTERVAL = 10_000;
const RETRY = 5_000;

/** Keeps the logs of running containers below their limits until the signal aborts. Without a running container nothing is looked at. */
export async function rotateLogs(options: LogRotationOptions): Promise<void> {
  const { runtime, clock, signal } = options;
  const running = new Map<string, string>();
  let cancel: (() => void) | undefined;
  let rotating: Promise<void> = Promise.resolve();

  function arm(): void {
    if (cancel || running.size === 0 || signal.aborted) return;
    cancel = clock.after(options.interval ?? INTERVAL, () => {
      rotating = lookAtAll().finally(() => {
        cancel = undefined;
        arm();
      });
    });
  }

  async function lookAtAll(): Promise<void> {
    for (const [id, path] of running) {
      if (signal.aborted) return;
      try {
        await rotateIfLarge(runtime, id, path, options);
      } catch (error) {
        log.warn("cannot rotate {path}: {error}", { path, error });
      }
    }
  }

  async function add(id: string): Promise<void> {
    const container = await runtime.container(id, signal);
    if (container?.state === "running" && container.logPath) running.set(id, container.logPath);
    arm();
  }

  while (!signal.aborted) {
    try {
      const events = runtime.events(signal);
      running.clear();
      for (const { id, state } of await runtime.containers(undefined, signal)) if (state === "running") await add(id);
      for await (const event of events) {
        if (event.type === "started") await add(event.containerId);
        else if (event.type !== "oom") running.delete(event.containerId);
      }
    } catch (error) {
      if (!signal.aborted) log.debug("no events from the runtime, asking again soon: {error}", { error });
    }
    await pause(clock, RETRY, signal).catch(() => {});
  }
  cancel?.();
  await rotating;
}

/** Renames the log, has the runtime open a new one, packs older ones and removes the oldest. True when it did. */
export async function rotateIfLarge(
  runtime: Pick<ContainerRuntime, "reopenContainerLog">,
  id: string,
  path: string,
  { maxBytes = MAX_BYTES, maxFiles = MAX_FILES, clock }: Pick<LogRotationOptions, "maxBytes" | "maxFiles" | "clock">,
): Promise<boolean> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info || info.size < maxBytes) return false;
  const rotated = await rotatedLogs(path);
  for (const half of await unfinishedLogs(path)) await Deno.remove(half);
  // The one written now and the one about to be moved away count, too.
  const surplus = rotated.splice(0, Math.max(0, rotated.length - Math.max(0, maxFiles - 2)));
  for (const old of surplus) await Deno.remove(old);
  for (const old of rotated) if (!old.endsWith(PACKED)) await pack(old);
  const moved = `${path}.${stamp(clock.now())}`;
  await Deno.rename(path, moved);
  try {
    await runtime.reopenContainerLog(id);
  } catch (error) {
    // The runtime goes on writing into the moved file: it has to have its name again.
    await Deno.rename(moved, path);
    throw error;
  }
  return true;
}

async function pack(path: string): Promise<void> {
  const [from, to] = [await Deno.open(path), await Deno.create(path + UNFINISHED)];
  await from.readable.pipeThrough(new CompressionStream("gzip")).pipeTo(to.writable);
  await Deno.rename(path + UNFINISHED, path + PACKED);
  await Deno.remove(path);
}

/** `20260102-030405.678`: to the millisecond, so that a fast writer's logs do not fall on one name. */
function stamp(now: number): string {
  return new Date(now).toISOString().replace(/[-:Z]/g, "").replace("T", "-");
}

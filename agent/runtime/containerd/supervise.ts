import { getLogger } from "@logtape/logtape";
import { type Clock, systemClock } from "../../../api/clock.ts";
import { pause } from "../../../client/pause.ts";
import type { Credentials } from "../../images/registries/registries_file.ts";
import { type ContainerRuntime, RuntimeError } from "../contract.ts";
import { openChannel } from "../cri/channel.ts";
import { createCriRuntime } from "../cri/cri_runtime.ts";
import { untilDisconnected } from "../cri/events.ts";
import { removePods } from "./clean_up.ts";
import { containerdConfig } from "./config.ts";
import { findCniBinDir, findTool, lacksSysResource, supportsOverlay } from "./host.ts";
import { type ContainerdPaths, containerdPaths } from "./paths.ts";
import {
  isStillShell,
  lastLine,
  launchContainerd,
  rotateLog,
  runningContainerd,
  terminateContainerd,
} from "./process.ts";
import { endLostShims } from "./shims.ts";

const log = getLogger(["skiff", "containerd"]);

export interface ContainerdOptions {
  readonly dataDir: string;
  /** The pause image, `PAUSE_IMAGE` of `agent/images`. */
  readonly sandboxImage: string;
  readonly binary?: string;
  readonly cniBinDir?: string;
  readonly snapshotter?: "overlayfs" | "native";
  /** For registries, by host. */
  readonly credentials?: ReadonlyMap<string, Credentials>;
  readonly clock?: Clock;
}

/** A containerd that is kept running. */
export interface Supervised {
  /** `unix://…`, for {@linkcode createCriRuntime}. */
  readonly endpoint: string;
  readonly paths: ContainerdPaths;
  /** A connection of the supervisor's own, open until `stop`; others may share it. */
  readonly runtime: ContainerRuntime;
  /** True when one was found running, as after a restart of Skiff. */
  readonly adopted: boolean;
  /**
   * Ends the supervision. With `keepPods` containerd and all containers go on running (containerd holds the other end of their
   * output) and the next start finds them; otherwise every sandbox is removed and containerd ended. The first call counts.
   */
  stop(options: { readonly keepPods: boolean }): Promise<void>;
}

const READY_WITHIN = 30_000;
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 30_000;
/** One that ran for so long and died starts over with the first pause. */
const STABLE_AFTER = 60_000;
const ROTATE_EVERY = 3_600_000;

/** Starts containerd, or takes over the one that runs for this data directory; resolves when it answers. */
export async function startContainerd(options: ContainerdOptions): Promise<Supervised> {
  const clock = options.clock ?? systemClock({ background: true });
  const paths = containerdPaths(options.dataDir);
  const binary = options.binary ?? await findTool("containerd");
  if (!options.binary) await findTool("runc");
  for (const directory of [paths.root, paths.state, paths.cniConfDir, paths.certsDir]) {
    await Deno.mkdir(directory, { recursive: true, mode: 0o711 });
  }
  const config = containerdConfig({
    paths,
    sandboxImage: options.sandboxImage,
    snapshotter: options.snapshotter ?? (await supportsOverlay(paths) ? "overlayfs" : "native"),
    cniBinDir: options.cniBinDir ?? await findCniBinDir(),
    restrictOomScoreAdj: await lacksSysResource(),
    ...options.credentials && { credentials: options.credentials },
  });
  const unchanged = await Deno.readTextFile(paths.config).catch(() => "") === config;
  if (!unchanged) {
    // Shims, and with them all containers, live on while it starts anew with its new configuration.
    await terminateContainerd(paths);
    // It may hold credentials.
    await Deno.writeTextFile(paths.config, config, { mode: 0o600 });
    await Deno.chmod(paths.config, 0o600);
  }
  const adopted = await runningContainerd(paths) !== undefined;
  const runtime = createCriRuntime({ endpoint: paths.socket });
  const supervision = new AbortController();
  try {
    if (!adopted) {
      await rotateLog(paths.log);
      await launchContainerd(binary, paths);
    }
    await untilReady(runtime, paths);
  } catch (error) {
    await runtime.close();
    throw error;
  }
  log.info(adopted ? "found containerd running at {socket}" : "started containerd at {socket}", {
    socket: paths.socket,
  });
  let stopping: Promise<void> | undefined;
  const supervised = supervise(runtime, paths, binary, clock, supervision.signal);

  return {
    endpoint: `unix://${paths.socket}`,
    paths,
    runtime,
    adopted,
    stop: ({ keepPods }) => stopping ??= stop(keepPods),
  };

  async function stop(keepPods: boolean): Promise<void> {
    supervision.abort();
    await supervised;
    try {
      if (!keepPods) await removePods(runtime);
    } finally {
      await runtime.close();
      if (!keepPods) await terminateContainerd(paths);
    }
  }
}

/** Its dying is seen by the end of a stream that carries nothing, so nothing is polled while it lives. */
async function supervise(
  runtime: ContainerRuntime,
  paths: ContainerdPaths,
  binary: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const channel = openChannel(paths.socket);
  let wait = FIRST_PAUSE;
  let stopRotating = () => {};
  const rotate = () => {
    rotateLog(paths.log).catch((error) => log.warn("cannot rotate {path}: {error}", { path: paths.log, error }));
    stopRotating = clock.after(ROTATE_EVERY, rotate);
  };
  rotate();
  while (!signal.aborted) {
    const since = clock.now();
    const lost = new AbortController();
    const tidied = endLostShims(runtime, paths, clock, AbortSignal.any([signal, lost.signal]));
    try {
      await untilDisconnected(channel, signal);
    } catch (error) {
      if (signal.aborted) break;
      log.warn("lost containerd: {error}", { error });
    } finally {
      lost.abort();
      await tidied;
    }
    if (clock.now() - since > STABLE_AFTER) wait = FIRST_PAUSE;
    try {
      await pause(clock, wait, signal);
      wait = Math.min(wait * 2, LONGEST_PAUSE);
      if (await runningContainerd(paths) === undefined) {
        await rotateLog(paths.log);
        await launchContainerd(binary, paths);
        await untilReady(runtime, paths, signal);
        log.info("containerd runs again");
      }
    } catch (error) {
      if (!signal.aborted) log.error("cannot start containerd again: {error}", { error });
    }
  }
  stopRotating();
  channel.close();
}

async function untilReady(runtime: ContainerRuntime, paths: ContainerdPaths, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_WITHIN;
  for (;;) {
    try {
      await runtime.version(signal);
      return;
    } catch (error) {
      if (signal?.aborted) throw error;
      // The shell writes the pid file a moment after its start; from then on a missing process is a dead one.
      const started = await Deno.stat(paths.pidFile).then(() => true, () => false);
      // In this order: who was a shell a moment ago may be containerd by now.
      const dead = started && !await isStillShell(paths) && await runningContainerd(paths) === undefined;
      if (!dead && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      const what = dead ? "ended at once" : `did not answer within ${READY_WITHIN / 1000} s`;
      throw new RuntimeError("unavailable", `containerd ${what}: ${await lastLine(paths.log)} (see ${paths.log})`, {
        cause: error,
      });
    }
  }
}

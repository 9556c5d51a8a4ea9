import { type Daemon, launchDaemon, runningDaemon, terminateDaemon } from "../../../host/daemon.ts";
import { SEARCH_PATH } from "./host.ts";
import type { ContainerdPaths } from "./paths.ts";

export { commandLine, ignoreNotFound, isStillShell, lastLine, rotateLog, sendSignal } from "../../../host/daemon.ts";

function daemonOf(binary: string, paths: ContainerdPaths): Daemon {
  return {
    binary,
    args: ["--config", paths.config, "--log-level", "info"],
    pidFile: paths.pidFile,
    log: paths.log,
    env: { PATH: SEARCH_PATH.join(":") },
    isOurs: ([flag, value]) => flag === "--config" && value === paths.config,
  };
}

/** Starts containerd, which outlives Skiff. What it starts (shims) lives on when it dies, too. */
export function launchContainerd(binary: string, paths: ContainerdPaths): Promise<void> {
  return launchDaemon(daemonOf(binary, paths));
}

/** The pid of the running containerd of these paths, or undefined. */
export function runningContainerd(paths: ContainerdPaths): Promise<number | undefined> {
  return runningDaemon(daemonOf("containerd", paths));
}

/** SIGTERM, and after ten seconds SIGKILL; resolves when it is gone. */
export function terminateContainerd(paths: ContainerdPaths): Promise<void> {
  return terminateDaemon(daemonOf("containerd", paths));
}

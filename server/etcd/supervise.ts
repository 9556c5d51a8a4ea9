import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { pause } from "../../client/pause.ts";
import {
  type Daemon,
  isStillShell,
  launchDaemon,
  rotateLog,
  runningDaemon,
  terminateDaemon,
  untilUnlocked,
} from "../../host/daemon.ts";
import { ClusterError } from "../cluster/error.ts";
import { explainLog } from "./explain.ts";
import type { EtcdPaths } from "./paths.ts";

export interface SuperviseOptions {
  readonly binary: string;
  readonly args: readonly string[];
  readonly paths: EtcdPaths;
  readonly clock: Clock;
  /** Rejects while the process does not answer. */
  ping(): Promise<unknown>;
}

/** An etcd that is kept running. */
export interface SupervisedEtcd {
  /** True when one was found running, as after a crash of Skiff. */
  readonly adopted: boolean;
  /** How often it was started. */
  readonly starts: number;
  /** Rejects with a ClusterError when it has ended; undefined otherwise. For whoever waits for something else of it. */
  checkAlive(): Promise<void>;
  /** What its log says about its state, when there is something to do for a person. */
  advice(): Promise<string | undefined>;
  /** Ends it (SIGTERM, then SIGKILL). Idempotent. */
  stop(): Promise<void>;
}

const logger = getLogger(["skiff", "etcd"]);
const ANSWERS_WITHIN = 30_000;
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 30_000;
/** One that ran for so long and died starts over with the first pause. */
const STABLE_AFTER = 60_000;
const ROTATE_EVERY = 3_600_000;
/** Of the log's end, in bytes, where an explanation is looked for. */
const TAIL = 16_384;

/**
 * Starts etcd, or takes over the one that runs with the same arguments; resolves when it answers, with or without a leader. Its life is its own: it serves the other
 * members while Skiff starts anew after a crash. One that dies is started again, with back-off.
 */
export async function superviseEtcd(options: SuperviseOptions): Promise<SupervisedEtcd> {
  const etcd = new Supervisor(options);
  await etcd.start();
  return etcd;
}

class Supervisor implements SupervisedEtcd {
  readonly #options: SuperviseOptions;
  readonly #daemon: Daemon;
  readonly #stop = new AbortController();
  #watching: Promise<void> | undefined;
  #cancelRotation = () => {};
  /** Where in the log the present run begins. */
  #logStart = 0;
  adopted = false;
  starts = 0;

  constructor(options: SuperviseOptions) {
    const { binary, args, paths } = options;
    this.#options = options;
    this.#daemon = { binary, args, ...etcdDaemon(paths) };
  }

  async start(): Promise<void> {
    const { paths, args } = this.#options;
    await Deno.mkdir(paths.data, { recursive: true, mode: 0o700 });
    const same = { ...this.#daemon, isOurs: (found: readonly string[]) => lasting(found) === lasting(args) };
    this.adopted = await runningDaemon(same) !== undefined;
    if (!this.adopted) {
      await terminateDaemon(this.#daemon);
      await this.#launch();
    }
    try {
      await this.#untilAnswers();
    } catch (error) {
      await terminateDaemon(this.#daemon);
      throw error;
    }
    logger.info(this.adopted ? "found etcd running" : "started etcd", {});
    this.#rotate();
    this.#watching = this.#watch();
  }

  async checkAlive(): Promise<void> {
    // In this order: who was a shell a moment ago may be etcd by now.
    if (!await isStillShell(this.#daemon) && await runningDaemon(this.#daemon) === undefined) throw await this.#ended();
  }

  async advice(): Promise<string | undefined> {
    return explainLog(await this.#tail(), this.#options.paths.home);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelRotation();
    await terminateDaemon(this.#daemon);
    await this.#watching;
  }

  async #launch(): Promise<void> {
    const { log } = this.#options.paths;
    await rotateLog(log);
    this.#logStart = (await Deno.stat(log).catch(() => undefined))?.size ?? 0;
    await launchDaemon(this.#daemon);
    this.starts++;
  }

  async #watch(): Promise<void> {
    const { clock, paths } = this.#options;
    const { signal } = this.#stop;
    for (let wait = FIRST_PAUSE; !signal.aborted;) {
      const since = clock.now();
      await untilUnlocked(paths.lockFile);
      if (signal.aborted) return;
      logger.error("{error}; it is started again in {wait} ms", { error: (await this.#ended()).message, wait });
      try {
        await pause(clock, wait, signal);
        wait = clock.now() - since > STABLE_AFTER ? FIRST_PAUSE : Math.min(wait * 2, LONGEST_PAUSE);
        await this.#launch();
        await this.#untilAnswers();
        logger.info("etcd runs again");
      } catch (error) {
        if (!signal.aborted) logger.error("etcd cannot be started: {error}", { error: (error as Error).message });
      }
    }
  }

  async #untilAnswers(): Promise<void> {
    const { ping } = this.#options;
    const deadline = Date.now() + ANSWERS_WITHIN;
    for (;;) {
      this.#stop.signal.throwIfAborted();
      try {
        await ping();
        return;
      } catch (cause) {
        // Its pid file comes a moment after its start; from then on a missing process is a dead one.
        if (await Deno.stat(this.#daemon.pidFile).then(() => true, () => false)) await this.checkAlive();
        if (Date.now() > deadline) throw await this.#ended(`did not answer within ${ANSWERS_WITHIN / 1000} s`, cause);
      }
    }
  }

  async #ended(what = "has ended", cause?: unknown): Promise<ClusterError> {
    const { log } = this.#options.paths;
    const tail = await this.#tail();
    const why = await this.advice() ?? lastMessage(tail);
    return new ClusterError("etcd", `etcd ${what}: ${why} (see ${log})`, { cause });
  }

  async #tail(): Promise<string> {
    const text = await Deno.readTextFile(this.#options.paths.log).catch(() => "");
    // A log that was rotated begins anew.
    return text.slice(this.#logStart > text.length ? 0 : this.#logStart).slice(-TAIL);
  }

  readonly #rotate = (): void => {
    const { paths, clock } = this.#options;
    rotateLog(paths.log).catch((error) => logger.warn("cannot rotate {path}: {error}", { path: paths.log, error }));
    this.#cancelRotation = clock.after(ROTATE_EVERY, this.#rotate);
  };
}

/** Ends the etcd of a data directory that no server looks after any more. */
export async function endEtcd(paths: EtcdPaths): Promise<void> {
  await terminateDaemon(etcdDaemon(paths));
}

function etcdDaemon({ data, pidFile, lockFile, log }: EtcdPaths) {
  return { pidFile, lockFile, log, isOurs: (args: readonly string[]) => args.includes(`--data-dir=${data}`) };
}

/** Flags that count after the first start, too. */
function lasting(args: readonly string[]): string {
  return args.filter((arg) => !arg.startsWith("--initial-")).join("\0");
}

/** What the last line that warns says: etcd writes JSON, and plain text when it panics. */
function lastMessage(tail: string): string {
  const lines = tail.trimEnd().split("\n").reverse();
  for (const line of lines) {
    const [, message] = /"level":"(?:warn|error|fatal|panic)".*?"msg":"(.*?)"/.exec(line) ?? [];
    const [, error] = /"error":"(.*?)"/.exec(line) ?? [];
    if (message) return error ? `${message}: ${error}` : message;
  }
  return lines[0] || "it said nothing";
}

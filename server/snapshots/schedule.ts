import { getLogger } from "@logtape/logtape";
import { Cron } from "croner";
import type { Clock } from "../../api/clock.ts";
import type { Datastore } from "../../datastore/contract.ts";
import { SnapshotError } from "./error.ts";
import { S3Bucket, type S3Options } from "./s3_bucket.ts";
import type { SnapshotDirectory } from "./snapshot_directory.ts";
import { DEFAULT_PREFIX } from "./snapshot_name.ts";

const logger = getLogger(["skiff", "snapshots"]);
const HOUR = 3_600_000;

export interface SnapshotSchedule {
  /** Five fields, or a nickname such as `@daily`; local time. */
  readonly cron: string;
  /** So many are kept of this node. */
  readonly keep: number;
  readonly node: string;
  readonly directory: SnapshotDirectory;
  /** A bucket that gets each snapshot, too. */
  readonly s3?: S3Options;
}

/** Throws a SnapshotError for what is no schedule. */
export function checkSchedule(cron: string): void {
  try {
    new Cron(cron, { paused: true });
  } catch (cause) {
    throw new SnapshotError(
      "unavailable",
      `${JSON.stringify(cron)} is no schedule such as "0 */12 * * *": ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Takes snapshots when the schedule says so, and removes the oldest. A failure is logged; the next turn tries again. */
export function startSnapshots(
  store: Datastore,
  clock: Clock,
  { cron, keep, node, directory, s3 }: SnapshotSchedule,
): { close(): Promise<void> } {
  const schedule = new Cron(cron, { paused: true });
  const stop = new AbortController();
  let cancel = () => {};
  let running: Promise<void> = Promise.resolve();

  async function turn(): Promise<void> {
    const { signal } = stop;
    try {
      const { path, bytes, revision } = await directory.save(() => store.snapshot({ signal }), {
        node,
        time: clock.now(),
        signal,
      });
      logger.info("snapshot {path} of revision {revision}, {bytes} bytes", { path, revision, bytes });
      const series = `${DEFAULT_PREFIX}-${node}`;
      await directory.prune(keep, series);
      if (!s3) return;
      using bucket = new S3Bucket(s3);
      await bucket.upload(path, signal);
      await bucket.prune(keep, series, signal);
    } catch (error) {
      if (!signal.aborted) logger.error("The snapshot could not be saved: {error}", { error });
    } finally {
      plan();
    }
  }

  function plan(): void {
    const next = schedule.nextRun(new Date(clock.now()));
    if (!next || stop.signal.aborted) return;
    const wait = next.getTime() - clock.now();
    // A timer cannot wait for months, and a clock may be set meanwhile.
    cancel = wait > HOUR ? clock.after(HOUR, plan) : clock.after(wait, () => running = turn());
  }

  plan();
  return {
    async close() {
      stop.abort(new DOMException("the server stops", "AbortError"));
      cancel();
      await running;
    },
  };
}

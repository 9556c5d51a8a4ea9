import { type CallOptions, DatastoreError } from "../contract.ts";
import type { Holds } from "../mvcc/holds.ts";
import { Restarting } from "../mvcc/restarting.ts";
import type { EtcdChannel } from "./channel.ts";
import type { KeySpace } from "./keys.ts";
import { COMPACT, RANGE } from "./messages.ts";
import { openWatch } from "./watch_stream.ts";

/** etcd looks after watches that start in the past ten times a second. */
const LEARN_MILLISECONDS = 5000;

/** Compacts etcd as far as no read of this process in several pages needs what would go; the rest follows when that has ended. */
export class Compaction {
  readonly #channel: EtcdChannel;
  readonly #holds: Holds;
  /** What etcd was told. */
  #done: number;
  #wanted: number;
  readonly #following = new Restarting("Compaction", () => this.#follow());

  constructor(channel: EtcdChannel, holds: Holds, compacted: number) {
    this.#channel = channel;
    this.#holds = holds;
    this.#done = this.#wanted = compacted;
  }

  async to(revision: number, options: CallOptions): Promise<void> {
    this.#wanted = Math.max(this.#wanted, revision);
    const target = this.#holds.limit(revision);
    if (target > this.#done) await this.#compact(target, options);
  }

  async #compact(target: number, { signal }: CallOptions): Promise<void> {
    try {
      await this.#channel.call(COMPACT, { revision: target }, { ...signal && { signal } });
    } catch (error) {
      // Another process, or an earlier attempt whose answer was lost, has gone further.
      if ((error as DatastoreError).reason !== "compacted") throw error;
    }
    this.#done = Math.max(this.#done, target);
  }

  /** A read has ended. */
  advance(): void {
    if (this.#done < this.#wanted) void this.#following.run();
  }

  async #follow(): Promise<void> {
    const target = this.#holds.limit(this.#wanted);
    if (target > this.#done) await this.#compact(target, {});
  }

  /** Runs that have stopped with an error. */
  get failures(): number {
    return this.#following.failures;
  }

  /** What etcd has been compacted to, by whomever. */
  async learn(keys: KeySpace): Promise<number> {
    this.#done = Math.max(this.#done, await compactedRevision(this.#channel, keys, this.#done));
    return this.#done;
  }

  async close(): Promise<void> {
    await this.#following.close();
  }
}

/** etcd tells it only to a watch that starts below it. It is at least `known`; 0 for an etcd that was never compacted. */
export async function compactedRevision(channel: EtcdChannel, keys: KeySpace, known: number): Promise<number> {
  const revision = Math.max(1, known);
  try {
    await channel.call(RANGE, { key: keys.filler, countOnly: true, revision });
    return known;
  } catch (error) {
    if ((error as DatastoreError).reason !== "compacted") throw error;
  }
  let watch: { cancel(): void } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      timer = setTimeout(() => reject(learnError()), LEARN_MILLISECONDS);
      openWatch(channel, keys, revision, {
        batch: () => {},
        end: ({ compacted, error }) => compacted > 0 ? resolve(compacted) : reject(error),
      }).then((stream) => watch = stream, reject);
    });
  } finally {
    clearTimeout(timer);
    watch?.cancel();
  }
}

function learnError(): DatastoreError {
  return new DatastoreError(
    "unavailable",
    `etcd did not tell within ${LEARN_MILLISECONDS} ms what it was compacted to: try again`,
  );
}

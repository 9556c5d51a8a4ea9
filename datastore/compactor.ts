import { getLogger } from "@logtape/logtape";
import type { Clock } from "./clock.ts";
import type { Datastore } from "./contract.ts";

const logger = getLogger(["skiff", "datastore"]);

export interface CompactionPolicy {
  /** How long every revision can be read and watched from, in milliseconds. */
  readonly keepMilliseconds: number;
  /** The newest so many revisions are kept however old they are. */
  readonly keepRevisions: number;
  /** No more than so many are kept however new they are: a burst of writes must not fill the disk. */
  readonly maxRevisions: number;
  /** It is not worth the writes for fewer than so many revisions. */
  readonly leastRevisions: number;
  /** Between two looks at the store, in milliseconds. */
  readonly intervalMilliseconds: number;
}

/** As etcd under Kubernetes, five minutes; with kine's minimum of a thousand revisions. */
export const DEFAULT_COMPACTION: CompactionPolicy = {
  keepMilliseconds: 5 * 60_000,
  keepRevisions: 1000,
  leastRevisions: 500,
  maxRevisions: 100_000,
  intervalMilliseconds: 10_000,
};

/** Decides what to compact, from the revisions that it is shown. */
export class CompactionPlan {
  readonly #policy: CompactionPolicy;
  /** What was seen, oldest first; only the first may be older than the time to keep. */
  readonly #seen: { readonly at: number; readonly revision: number }[] = [];

  constructor(policy: CompactionPolicy) {
    this.#policy = policy;
  }

  #done = 0;

  /** The revision to compact to now; 0 when there is none yet. */
  observe(now: number, revision: number): number {
    const { keepMilliseconds, keepRevisions, leastRevisions, maxRevisions } = this.#policy;
    this.#seen.push({ at: now, revision });
    while (this.#seen.length > 1 && now - this.#seen[1]!.at >= keepMilliseconds) this.#seen.shift();
    const oldest = this.#seen[0]!;
    const byAge = now - oldest.at >= keepMilliseconds ? oldest.revision : 0;
    const target = Math.max(0, Math.min(byAge, revision - keepRevisions), revision - maxRevisions);
    return target < this.#done + leastRevisions ? 0 : target;
  }

  /** It has been compacted: what comes next must be worth it again. */
  compacted(revision: number): void {
    this.#done = revision;
  }
}

/** Compacts the store from time to time until it is closed. A failure is logged; the next turn tries again. */
export function startCompactor(
  store: Datastore,
  clock: Clock,
  policy: CompactionPolicy = DEFAULT_COMPACTION,
): { close(): Promise<void> } {
  const plan = new CompactionPlan(policy);
  let closed = false;
  let running: Promise<void> = Promise.resolve();
  let cancel = () => {};

  async function turn(): Promise<void> {
    try {
      const revision = plan.observe(clock.now(), await store.revision());
      if (revision > 0) {
        await store.compact(revision);
        plan.compacted(revision);
      }
    } catch (error) {
      if (!closed) logger.warn("The datastore could not be compacted: {error}", { error });
    }
    if (!closed) schedule();
  }

  function schedule(): void {
    cancel = clock.after(policy.intervalMilliseconds, () => running = turn());
  }

  running = turn();
  return {
    async close() {
      closed = true;
      cancel();
      await running;
    },
  };
}

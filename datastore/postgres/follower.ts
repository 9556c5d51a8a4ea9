import { DatastoreError, type WatchBatch } from "../contract.ts";
import type { Arrivals } from "../mvcc/arrivals.ts";
import { storeBatch, type StoredBatch } from "../mvcc/history.ts";
import type { WatchHub } from "../mvcc/watch_hub.ts";
import type { Position } from "./reads.ts";

/** Changes after one revision, whole revisions only, and where the store stood when they were read. */
export type ReadChanges = (
  after: number,
  through: number,
  previous: boolean,
) => Promise<{ readonly batches: readonly WatchBatch[]; readonly position: Position }>;

export interface FollowerOptions {
  readonly hub: WatchHub;
  readonly arrivals: Arrivals;
  readonly read: ReadChanges;
  failed(error: unknown): void;
}

/**
 * Tells the hub every revision once and in order: commits of this process from what it knows of them, those of others from the log. Revisions
 * have no holes, so that what is missing before a commit of ours is known.
 */
export class Follower {
  readonly #options: FollowerOptions;
  /** Commits of this process that wait for the ones before them. */
  readonly #own = new Map<number, StoredBatch>();
  #target = 0;
  #running: Promise<void> | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** A commit of this process, which has happened. */
  offer(batch: StoredBatch): void {
    if (batch.revision <= this.#options.hub.revision) return;
    this.#own.set(batch.revision, batch);
    this.#drain();
    if (this.#own.size > 0) this.advance(batch.revision);
  }

  /** The store has come to this revision. */
  advance(revision: number): void {
    this.#target = Math.max(this.#target, revision);
    if (this.#target <= this.#options.hub.revision) return;
    this.#running ??= this.#run()
      .catch((error) => this.#options.failed(error))
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** The store has lost its newest commits, and may have others in their place. */
  goBack(): void {
    this.#target = 0;
    this.#own.clear();
  }

  /** Resolves when what was being read has been told. */
  async settled(): Promise<void> {
    await this.#running;
  }

  #drain(): void {
    const { hub, arrivals } = this.#options;
    for (let batch = this.#own.get(hub.revision + 1); batch; batch = this.#own.get(hub.revision + 1)) {
      this.#own.delete(batch.revision);
      hub.publish(batch);
    }
    arrivals.reach(hub.revision);
  }

  async #run(): Promise<void> {
    const { hub, read } = this.#options;
    while (hub.revision < this.#target) {
      const previous = hub.wantsPrevious;
      const after = hub.revision;
      const { batches, position } = await read(after, this.#target, previous);
      if (position.removed > hub.revision) {
        this.#lose(position);
        continue;
      }
      // What was announced may have been lost with the database's newest commits.
      this.#target = Math.min(this.#target, position.revision);
      for (const { revision, events } of batches) {
        // A commit of ours may have arrived in the meantime, and all before it.
        if (revision <= hub.revision) continue;
        const befores = previous ? events.map((event) => event.previous) : undefined;
        hub.publish(storeBatch(revision, events.map(({ previous: _, ...event }) => event), befores));
        this.#drain();
      }
      this.#drain();
      if (hub.revision === after && after < this.#target) {
        throw new DatastoreError(
          "unavailable",
          `the log has no changes of revision ${after + 1}: were rows removed by hand?`,
        );
      }
    }
  }

  #lose({ revision, compacted, removed }: Position): void {
    const { hub } = this.#options;
    const message =
      `changes from revision ${hub.revision} to ${removed} were compacted away before they were seen: list again`;
    hub.lose(revision, compacted, new DatastoreError("compacted", message));
    for (const own of this.#own.keys()) if (own <= revision) this.#own.delete(own);
    this.#drain();
  }
}

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { CommitOptions, CommitResult, Datastore, DatastoreStats, Operation } from "../contract.ts";
import { DelegatingDatastore } from "../delegating_datastore.ts";
import { CheckpointPlan } from "./checkpoint_plan.ts";
import { type HoldPolicy, KubernetesHoldPolicy } from "./hold_policy.ts";
import { type WriteCount, WriteCounts } from "./write_counts.ts";

const logger = getLogger(["skiff", "datastore"]);
const RETRY_MILLISECONDS = 60_000;

export interface BudgetOptions {
  /** What the store should write in a day at most, as far as writes may wait; 0 lets none wait. */
  readonly bytesPerDay: number;
  readonly clock: Clock;
  /** Which writes may wait; those of Kubernetes unless told otherwise. */
  readonly policy?: HoldPolicy;
}

/** What was written since the store was opened. */
export interface WriteReport {
  readonly since: number;
  readonly now: number;
  /** 0: none. */
  readonly bytesPerDay: number;
  /** Whether the engine can hold writes back: one that several servers share cannot. */
  readonly holds: boolean;
  /** By the engine, on its disk; undefined where that cannot be known. */
  readonly writtenBytes: number | undefined;
  /** Changes that are held now. */
  readonly held: number;
  readonly stats: DatastoreStats;
  readonly counts: readonly WriteCount[];
}

/**
 * Counts what is written to a store, and lets the writes that may wait be held in its memory until the budget allows to write them. How much is lost
 * in a crash is bounded: nothing is held for longer than ten minutes. An engine that cannot hold commits writes everything at once, as does a budget of 0.
 */
export class BudgetedDatastore extends DelegatingDatastore {
  readonly #store: Datastore;
  readonly #options: BudgetOptions;
  readonly #policy: HoldPolicy;
  readonly #counts = new WriteCounts();
  readonly #since: number;
  readonly #holds: boolean;
  #plan: CheckpointPlan | undefined;
  #heldSince: number | undefined;
  #cancel: () => void = () => {};
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(store: Datastore, options: BudgetOptions) {
    super(store);
    this.#store = store;
    this.#options = options;
    this.#policy = options.policy ?? new KubernetesHoldPolicy();
    this.#since = options.clock.now();
    this.#holds = options.bytesPerDay > 0 && store.holding !== undefined;
  }

  override async commit(operations: readonly Operation[], options: CommitOptions = {}): Promise<CommitResult> {
    const held = options.held ?? (this.#holds && this.#policy.mayHold(operations));
    const result = await this.#store.commit(operations, { ...options, held });
    if (!result.ok) return result;
    this.#policy.saw(operations, result.revision);
    for (const operation of operations) this.#counts.add(operation, held);
    if (held && this.#heldSince === undefined) this.#schedule();
    return result;
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#heldSince = this.#options.clock.now();
    this.#turn = this.#settle();
  }

  /** Waits as long as the plan says, and writes. */
  async #settle(): Promise<void> {
    const { clock, bytesPerDay } = this.#options;
    const holding = this.#store.holding!;
    try {
      const { held, writtenBytes = 0 } = await holding.usage();
      this.#plan ??= new CheckpointPlan(bytesPerDay, clock.now(), writtenBytes);
      const wait = this.#plan.wait(clock.now(), writtenBytes, this.#heldSince!);
      if (wait > 0) return this.#later(wait);
      this.#heldSince = undefined;
      // Another write may have taken them along.
      if (held === 0) return;
      await holding.checkpoint();
      this.#plan.wrote(clock.now(), (await holding.usage()).writtenBytes ?? 0);
    } catch (error) {
      if (this.#closed) return;
      logger.warn("What is held in memory could not be written, it will be tried again: {error}", { error });
      this.#heldSince ??= clock.now();
      this.#later(RETRY_MILLISECONDS);
    }
  }

  #later(milliseconds: number): void {
    if (this.#closed) return;
    this.#cancel = this.#options.clock.after(milliseconds, () => this.#turn = this.#settle());
  }

  async report(): Promise<WriteReport> {
    const { held, writtenBytes } = await this.#store.holding?.usage() ?? { held: 0, writtenBytes: undefined };
    return {
      since: this.#since,
      now: this.#options.clock.now(),
      bytesPerDay: this.#options.bytesPerDay,
      holds: this.#holds,
      writtenBytes,
      held,
      stats: await this.#store.stats(),
      counts: this.#counts.list(),
    };
  }

  override async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    const closing = this.#store.close();
    await this.#turn;
    await closing;
  }
}

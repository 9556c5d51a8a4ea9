import { DatastoreError, type Operation } from "../contract.ts";
import type { CommitReply, FinishedCommit } from "./commit_reply.ts";

/** Of one transaction: more would make those that wait for it wait long. */
const GROUP_COMMITS = 512;
const GROUP_BYTES = 8 * 1024 * 1024;
/** Of those that wait for a transaction: beyond it the disk cannot keep up, and the caller must know. */
const WAITING_COMMITS = 20_000;
const WAITING_BYTES = 128 * 1024 * 1024;

interface Entry {
  readonly operations: readonly Operation[];
  readonly size: number;
  readonly signal: AbortSignal | undefined;
  readonly held: boolean;
  /** Called before the next entry's `finish`, and before any promise callback. */
  finish(commit: FinishedCommit): void;
  fail(error: unknown): void;
}

export interface CommitGroup {
  readonly commits: readonly (readonly Operation[])[];
  /** Whether the values before the changes are wanted. */
  readonly previous: boolean;
  /** Whether every one of them may wait for a later transaction to reach the disk; absent: no. */
  readonly held?: boolean;
}

export interface CommitQueueOptions {
  /** Writes one group; its replies in the same order. */
  write(group: CommitGroup): Promise<CommitReply[]>;
  wantsPrevious(): boolean;
}

/** Group commit: what arrives while a transaction runs goes into the next one. */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  #waiting: Entry[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  /**
   * `finish` runs once the commit is on the disk, or has met a conflict or an error there, in the order of the revisions; what it returns or throws
   * is the promise's. Aborting takes back what has not been handed to the disk; what has been runs to its end.
   */
  push<T>(
    operations: readonly Operation[],
    signal: AbortSignal | undefined,
    finish: (commit: FinishedCommit) => T,
    held = false,
  ): Promise<T> {
    let size = 0;
    for (const operation of operations) {
      size += operation.key.length + (operation.kind === "put" ? operation.value.length : 0);
    }
    if (this.#waiting.length >= WAITING_COMMITS || this.#bytes + size > WAITING_BYTES) {
      const message =
        `${this.#waiting.length} writes (${this.#bytes} bytes) wait for the disk: it is too slow for them, try again later`;
      return Promise.reject(new DatastoreError("unavailable", message));
    }
    return new Promise((resolve, reject) => {
      this.#bytes += size;
      this.#waiting.push({
        operations,
        size,
        signal,
        held,
        finish: (commit) => {
          try {
            resolve(finish(commit));
          } catch (error) {
            reject(error);
          }
        },
        fail: reject,
      });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Resolves when the group that is being written, if there is one, has finished. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #run(): Promise<void> {
    // Writers that were woken together arrive in the same turn: they share the transaction.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#take();
      if (group.length === 0) continue;
      this.#writing = this.#write(group);
      await this.#writing;
    }
    this.#running = undefined;
  }

  #take(): Entry[] {
    const group: Entry[] = [];
    let taken = 0;
    let bytes = 0;
    for (const entry of this.#waiting) {
      if (group.length === GROUP_COMMITS || (group.length > 0 && bytes + entry.size > GROUP_BYTES)) break;
      taken++;
      this.#bytes -= entry.size;
      if (entry.signal?.aborted) {
        entry.fail(entry.signal.reason);
        continue;
      }
      bytes += entry.size;
      group.push(entry);
    }
    this.#waiting = this.#waiting.slice(taken);
    return group;
  }

  async #write(group: readonly Entry[]): Promise<void> {
    const previous = this.#options.wantsPrevious();
    let replies: CommitReply[];
    try {
      const commits = group.map(({ operations }) => operations);
      replies = await this.#options.write({ commits, previous, held: group.every(({ held }) => held) });
    } catch (error) {
      // Who writes died with the group in its hands.
      const message = `whether the write has happened is unknown: ${(error as Error).message}`;
      for (const entry of group) entry.fail(new DatastoreError("unknownOutcome", message, { cause: error }));
      return;
    }
    for (const [i, entry] of group.entries()) {
      entry.finish({ operations: entry.operations, reply: replies[i]!, hasPrevious: previous });
    }
  }
}

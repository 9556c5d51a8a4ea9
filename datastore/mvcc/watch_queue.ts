import { DatastoreError, MAX_WATCH_BACKLOG, type WatchBatch } from "../contract.ts";
import { eventSize } from "./history.ts";

const BATCH_OVERHEAD = 100;

/** Between a watch that pushes and a consumer that pulls: holds what is unread, at most {@linkcode MAX_WATCH_BACKLOG} bytes of it. */
export class WatchQueue {
  #batches: WatchBatch[] = [];
  #bytes = 0;
  #end: { readonly error: unknown } | "done" | undefined;
  #readable: (() => void) | undefined;
  #drained: (() => void) | undefined;

  /** False when the consumer is too slow: the queue then is closed, with that error, and takes no more. */
  push(batch: WatchBatch): boolean {
    if (this.#end) return false;
    let size = BATCH_OVERHEAD;
    for (const event of batch.events) size += eventSize(event);
    // A single batch always fits, else a commit over the limit could never be watched.
    if (this.#batches.length > 0 && this.#bytes + size > MAX_WATCH_BACKLOG) {
      this.#batches = [];
      this.fail(
        new DatastoreError(
          "slowWatcher",
          `the watcher left more than ${MAX_WATCH_BACKLOG} bytes unread: list again, and read faster`,
        ),
      );
      return false;
    }
    this.#bytes += size;
    this.#batches.push(batch);
    this.#readable?.();
    return true;
  }

  /** What is unread can still be read; then `next` throws `error`. */
  fail(error: unknown): void {
    this.#close({ error });
  }

  /** Ends without an error, and forgets what is unread. */
  finish(): void {
    this.#batches = [];
    this.#close("done");
  }

  #close(end: { readonly error: unknown } | "done"): void {
    this.#end ??= end;
    this.#readable?.();
    this.#drained?.();
  }

  async next(): Promise<WatchBatch | undefined> {
    for (;;) {
      const batch = this.#batches.shift();
      if (batch) {
        if (this.#batches.length === 0) {
          this.#bytes = 0;
          this.#drained?.();
        } else {
          this.#bytes -= BATCH_OVERHEAD;
          for (const event of batch.events) this.#bytes -= eventSize(event);
        }
        return batch;
      }
      if (this.#end === "done") return undefined;
      if (this.#end) throw this.#end.error;
      await new Promise<void>((resolve) => this.#readable = resolve);
    }
  }

  /** Resolves when everything was read, or the queue was closed. */
  async drained(): Promise<void> {
    while (this.#batches.length > 0 && !this.#end) await new Promise<void>((resolve) => this.#drained = resolve);
  }
}

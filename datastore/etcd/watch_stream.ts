import { DatastoreError, type WatchEvent } from "../contract.ts";
import type { StoredBatch } from "../mvcc/history.ts";
import { storeBatch } from "../mvcc/history.ts";
import type { EtcdChannel } from "./channel.ts";
import { type KeySpace, WHOLE } from "./keys.ts";
import { number } from "./descriptor.ts";
import { DELETE, WATCH, type WatchResponse, type WireEvent } from "./messages.ts";

/** Why a watch ended: `compacted` is the revision below which etcd has forgotten what was asked for, else 0. */
export interface WatchEnd {
  readonly compacted: number;
  readonly error: DatastoreError;
}

export interface WatchHandlers {
  /** All changes of one revision, in order; without events for one that changed nothing of ours. */
  batch(batch: StoredBatch): void;
  /** Called once, unless the watch was cancelled. */
  end(end: WatchEnd): void;
}

/** How often a watch is begun again at a revision whose previous values etcd has left out. */
const ATTEMPTS = 20;

/**
 * Whole revisions from a stream of responses: these hold one or more revisions each, and etcd cuts large ones anywhere into fragments.
 * Only what is ours is kept, but every revision is handed on, so that the receiver knows how far it has come.
 */
export class RevisionAssembler {
  readonly #keys: KeySpace;
  readonly #batch: (batch: StoredBatch, isComplete: boolean) => void;
  #revision = 0;
  #events: WireEvent[] = [];

  /** `isComplete`: each event that has a previous value came with it. */
  constructor(keys: KeySpace, batch: (batch: StoredBatch, isComplete: boolean) => void) {
    this.#keys = keys;
    this.#batch = batch;
  }

  add({ events, fragment }: Pick<WatchResponse, "events" | "fragment">): void {
    for (const event of events) {
      const revision = number(event.kv.modRevision);
      if (revision !== this.#revision) this.#flush();
      this.#revision = revision;
      this.#events.push(event);
    }
    // The rest of the last revision may be in the next fragment.
    if (!fragment) this.#flush();
  }

  #flush(): void {
    if (this.#events.length === 0) return;
    const wire = this.#events.filter(({ kv }) => this.#keys.inner(kv.key) !== undefined);
    this.#events = [];
    const events = wire.map(({ type, kv }): WatchEvent =>
      type === DELETE
        ? { kind: "delete", key: this.#keys.inner(kv.key)!, revision: this.#revision }
        : { kind: "put", item: this.#keys.item(kv) }
    );
    const previous = wire.map(({ previous }) => previous ? this.#keys.item(previous) : undefined);
    const isComplete = wire.every(({ previous, type, kv }) =>
      previous !== null || (type !== DELETE && number(kv.createRevision) === number(kv.modRevision))
    );
    this.#batch(storeBatch(this.#revision, events, previous), isComplete);
  }
}

/**
 * Watches all of etcd from a revision on. All of it, because only then each revision sends an event, and who waits for a revision knows when
 * it has come: progress notifications of etcd before 3.4.25 and 3.5.8 may overtake events (etcd issue 15220).
 */
export async function openWatch(
  channel: EtcdChannel,
  keys: KeySpace,
  startRevision: number,
  handlers: WatchHandlers,
): Promise<{ cancel(): void }> {
  let stream: { cancel(): void };
  let isCancelled = false;
  let attempts = 0;

  async function open(start: number): Promise<{ cancel(): void }> {
    let over = false;
    const finish = (next: () => void) => {
      if (over || isCancelled) return;
      over = true;
      next();
    };
    const assembler = new RevisionAssembler(keys, (batch, isComplete) => {
      if (over || isCancelled) return;
      if (isComplete) attempts = 0;
      // etcd (seen in 3.4.23) may send what comes while it registers a watch before it knows that the watch wants previous values.
      else if (attempts++ < ATTEMPTS) return finish(() => again(batch.revision));
      handlers.batch(batch);
    });
    const opened = await channel.stream(WATCH, {
      data(response) {
        assembler.add(response);
        if (response.canceled) finish(() => stop(endOf(response, opened.endpoint, start)));
      },
      end: (error) => finish(() => handlers.end({ compacted: 0, error })),
    });
    const stop = (end: WatchEnd) => {
      opened.cancel();
      handlers.end(end);
    };
    const again = (revision: number) => {
      opened.cancel();
      open(revision).then((next) => isCancelled ? next.cancel() : stream = next, (error) => {
        if (!isCancelled) handlers.end({ compacted: 0, error });
      });
    };
    opened.write({ create: { ...WHOLE, startRevision: start, previous: true, fragment: true } });
    return opened;
  }

  stream = await open(startRevision);
  return {
    cancel() {
      isCancelled = true;
      stream.cancel();
    },
  };
}

function endOf({ compactRevision, cancelReason }: WatchResponse, endpoint: string, start: number): WatchEnd {
  const compacted = number(compactRevision);
  if (compacted > 0) {
    const message =
      `etcd at ${endpoint} has compacted to revision ${compacted}: nothing can be watched from ${start} on`;
    return { compacted, error: new DatastoreError("compacted", message) };
  }
  const message = `etcd at ${endpoint} ended the watch: ${cancelReason || "without a reason"}`;
  return { compacted, error: new DatastoreError("unavailable", message) };
}

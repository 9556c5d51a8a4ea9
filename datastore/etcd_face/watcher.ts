import { type Datastore, DatastoreError, type KeyRange, type Subscription, type WatchBatch } from "../contract.ts";
import { type EventChoice, fragments, wireEvents, wireSize } from "./events.ts";
import { header } from "./face.ts";
import type { WatchResponse, WireEvent } from "./messages.ts";
import type { StreamWriter } from "./stream_writer.ts";

/** Bytes that its stream may leave unread before a watcher goes back to reading the history, at the reader's pace. */
const MAX_LIVE_BACKLOG = 4 * 1024 * 1024;
const REPLAY_BACKLOG = 1024 * 1024;
/** As etcd's own limit on requests, which it takes for fragments too. */
const FRAGMENT_BYTES = 1536 * 1024;

export interface WatcherOptions extends EventChoice {
  readonly id: number;
  readonly range: KeyRange;
  /** Events after this revision are wanted; it may not have been reached yet. */
  readonly after: number;
  readonly fragment: boolean;
  readonly datastore: Datastore;
  readonly writer: StreamWriter<WatchResponse>;
}

type State = "replaying" | "live" | "closed";

/**
 * One watch of a stream. It alternates between *replaying*, in which it reads the history as fast as the stream is read, and *live*, in which
 * the datastore pushes events straight into the stream, so that what the stream holds is as new as the datastore. A reader that falls behind sends it
 * back to replaying: nothing is lost, and only a compaction can end it.
 */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #abort = new AbortController();
  #state: State = "replaying";
  /** Everything up to here was written to the stream. */
  #position: number;
  #endLive: (() => void) | undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#position = options.after;
  }

  get id(): number {
    return this.#options.id;
  }

  get isLive(): boolean {
    return this.#state === "live";
  }

  /** Resolves when the watch was closed; rejects when it cannot go on. */
  async run(): Promise<void> {
    const { writer } = this.#options;
    while (!this.#abort.signal.aborted) {
      this.#state = "replaying";
      await writer.drainedTo(REPLAY_BACKLOG);
      await this.#replay();
      if (!this.#abort.signal.aborted) await this.#follow();
    }
  }

  close(): void {
    this.#state = "closed";
    this.#abort.abort();
    this.#endLive?.();
  }

  async #replay(): Promise<void> {
    const { datastore, range, previous, writer } = this.#options;
    const { signal } = this.#abort;
    const target = await datastore.revision();
    if (this.#position >= target) return;
    for await (const batch of datastore.watch(range, { after: this.#position, previous, signal })) {
      this.#send(batch);
      if (batch.revision >= target || batch.events.length === 0) return;
      await writer.drainedTo(REPLAY_BACKLOG);
    }
  }

  async #follow(): Promise<void> {
    const { datastore, range, previous, writer } = this.#options;
    const { promise: ended, resolve: end, reject } = Promise.withResolvers<void>();
    ended.catch(() => {});
    this.#endLive = end;
    // Of a revision that is still to come, what leads to it is not wanted.
    const after = Math.min(this.#position, await datastore.revision());
    let isOver = false;
    const subscription: Subscription = await datastore.subscribe(
      range,
      { after, previous, onLost: reject },
      (batch) => {
        // A push that comes after the end is read again from the history.
        if (isOver || this.#state === "closed") return;
        this.#send(batch);
        if (writer.unread <= MAX_LIVE_BACKLOG) return;
        isOver = true;
        this.#state = "replaying";
        end();
      },
    );
    if (!isOver && !this.#abort.signal.aborted) this.#state = "live";
    else end();
    try {
      await ended;
    } finally {
      subscription.close();
    }
  }

  #send({ revision, events }: WatchBatch): void {
    if (revision <= this.#position) return;
    this.#position = revision;
    const { fragment } = this.#options;
    const wire = wireEvents(events, this.#options);
    if (wire.length === 0) return;
    const parts = fragment ? fragments(wire, FRAGMENT_BYTES) : [wire];
    parts.forEach((part, index) => this.#write(revision, part, index < parts.length - 1));
  }

  #write(revision: number, events: readonly WireEvent[], isFragment: boolean): void {
    const { id, writer } = this.#options;
    const bytes = events.reduce((sum, event) => sum + wireSize(event), 0);
    writer.write({ header: header(revision), watchId: id, events, ...isFragment && { fragment: true } }, bytes);
  }
}

/** What a client is told when a watch cannot go on. */
export async function farewell(error: unknown, datastore: Datastore): Promise<Partial<WatchResponse>> {
  if (error instanceof DatastoreError && error.reason === "compacted") {
    const { compactedRevision } = await datastore.stats();
    return {
      compactRevision: compactedRevision,
      cancelReason: "etcdserver: mvcc: required revision has been compacted",
    };
  }
  return { cancelReason: error instanceof Error ? error.message : String(error) };
}

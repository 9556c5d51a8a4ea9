import { getLogger } from "@logtape/logtape";
import type { DatastoreError, KeyRange, Subscription, WatchBatch, WatchEvent, WatchOptions } from "../contract.ts";
import { checkRange, checkWatchRevision, closedError } from "./check.ts";
import { History, type HistoryLimits, type StoredBatch, type StoredEvent } from "./history.ts";
import { sortKey } from "./key_order.ts";
import { WatchQueue } from "./watch_queue.ts";

const logger = getLogger(["skiff", "datastore"]);

/** Batches of the ring that a watch replays before it waits for its consumer. */
const REPLAY_PAGE_BYTES = 1024 * 1024;

export interface HistoryQuery {
  readonly range: KeyRange;
  readonly after: number;
  readonly previous: boolean;
}

/** Some of the batches of the range after `query.after`, and the revision up to which these are all; it is above `after`. */
export type ReadHistory = (
  query: HistoryQuery,
) => Promise<{ readonly batches: readonly WatchBatch[]; readonly through: number }>;

export interface WatchHubOptions {
  readonly revision: number;
  readonly compacted: number;
  readonly limits: HistoryLimits;
  /**
   * Resolves when the commits that the engine started before {@linkcode WatchHub.wantsPrevious} became true have been published: they may lack
   * previous values. Absent when these are always there.
   */
  readonly settled?: () => Promise<void>;
  /** Resolves when the hub is as new as a store that others write to as well. Absent when nobody else does. */
  readonly refresh?: () => Promise<unknown>;
  /** Reads what the ring no longer has. Absent when the ring has everything since the compaction. */
  readonly readHistory?: ReadHistory;
}

interface Watcher {
  readonly range: KeyRange;
  /** The range, in the order of {@linkcode sortKey}. */
  readonly start: string;
  readonly end: string;
  readonly previous: boolean;
  readonly sink: (batch: WatchBatch) => void;
  /** Called between pages of history: resolves when the consumer has room. */
  readonly ready?: () => Promise<void>;
  /** Everything up to here was delivered. */
  position: number;
  /** Whether it gets batches as they are published. */
  live: boolean;
  closed: boolean;
  onEnd(error?: unknown): void;
}

/**
 * Hands each commit's events to the watchers, in revision order, and lets watchers join anywhere after the compaction: from the engine's
 * own history, then from the ring of recent batches, then live. The hand-over is one synchronous step, so that no event is lost or doubled.
 */
export class WatchHub {
  readonly #watchers = new Set<Watcher>();
  readonly #settled: (() => Promise<void>) | undefined;
  readonly #refresh: (() => Promise<unknown>) | undefined;
  readonly #readHistory: ReadHistory | undefined;
  readonly #limits: HistoryLimits;
  #history: History;
  #revision: number;
  #compacted: number;
  #previousWatchers = 0;
  #refusal: DatastoreError | undefined;

  constructor({ revision, compacted, limits, settled, refresh, readHistory }: WatchHubOptions) {
    this.#revision = revision;
    this.#compacted = compacted;
    this.#limits = limits;
    this.#settled = settled;
    this.#refresh = refresh;
    this.#readHistory = readHistory;
    this.#history = new History(revision, limits);
  }

  get revision(): number {
    return this.#revision;
  }

  get compacted(): number {
    return this.#compacted;
  }

  /** Watchers, those that still read history included. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /** Whether a watcher wants previous values: an engine that has to fetch them does so for the commits it starts from now on. */
  get wantsPrevious(): boolean {
    return this.#previousWatchers > 0;
  }

  /** Nothing of this store happened up to `revision`. */
  advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  /** The events of a revision after the last one. Returns after every watcher's sink has. */
  publish(batch: StoredBatch): void {
    this.#revision = batch.revision;
    this.#history.push(batch);
    for (const watcher of this.#watchers) {
      // A watcher that still reads history will come to this batch by itself; one that joined from another's sink already has.
      if (watcher.live && watcher.position < batch.revision) this.#deliver(watcher, batch);
    }
  }

  /** Forgets the batches up to `revision`, and returns them. */
  compact(revision: number): StoredBatch[] {
    this.#compacted = revision;
    return this.#history.dropThrough(revision);
  }

  /** Starts over after a restore; there must be no watcher. */
  reset(revision: number, compacted: number): void {
    this.#revision = revision;
    this.#compacted = compacted;
    this.#history = new History(revision, this.#limits);
  }

  async subscribe(range: KeyRange, options: WatchOptions, sink: (batch: WatchBatch) => void): Promise<Subscription> {
    options.signal?.throwIfAborted();
    let isJoined = false;
    let lost: unknown;
    const end = (error?: unknown) => {
      if (error === undefined) return;
      if (isJoined) options.onLost?.(error as DatastoreError);
      else lost = error;
    };
    const { watcher, joined } = this.#join(range, options, { sink, end });
    await joined;
    if (lost !== undefined) throw lost;
    isJoined = true;
    return { close: () => this.#leave(watcher) };
  }

  watch(range: KeyRange, options: WatchOptions): AsyncIterable<WatchBatch> {
    return { [Symbol.asyncIterator]: () => this.#iterate(range, options) };
  }

  async *#iterate(range: KeyRange, options: WatchOptions): AsyncGenerator<WatchBatch> {
    if (options.signal?.aborted) return;
    const queue = new WatchQueue();
    const { watcher, joined } = this.#join(range, options, {
      sink: (batch) => {
        if (!queue.push(batch)) this.#leave(watcher);
      },
      ready: () => queue.drained(),
      end: (error) => error === undefined ? queue.finish() : queue.fail(error),
    });
    // The queue has the error.
    joined.catch(() => {});
    try {
      for (let batch = await queue.next(); batch; batch = await queue.next()) yield batch;
    } finally {
      this.#leave(watcher);
    }
  }

  /** Events were lost: everybody who watches must list again. Goes on from `revision`. */
  lose(revision: number, compacted: number, error: DatastoreError): void {
    for (const watcher of this.#watchers) this.#leave(watcher, error);
    this.reset(revision, compacted);
  }

  /** Lets no new watcher in, for this reason, until it is called without one. */
  refuse(reason?: DatastoreError): void {
    this.#refusal = reason;
  }

  /** Ends all watches, without an error. */
  close(): void {
    this.#refusal = closedError();
    for (const watcher of this.#watchers) this.#leave(watcher);
  }

  #join(
    range: KeyRange,
    { after, previous = false, signal }: WatchOptions,
    consumer: { sink: (batch: WatchBatch) => void; ready?: () => Promise<void>; end: (error?: unknown) => void },
  ): { watcher: Watcher; joined: Promise<void> } {
    const { end, ...rest } = consumer;
    const abort = () => this.#leave(watcher);
    const watcher: Watcher = {
      range,
      start: sortKey(range.start),
      end: sortKey(range.end),
      previous,
      ...rest,
      position: after,
      live: false,
      closed: false,
      onEnd: (error) => {
        signal?.removeEventListener("abort", abort);
        end(error);
      },
    };
    signal?.addEventListener("abort", abort);
    this.#watchers.add(watcher);
    if (previous) this.#previousWatchers++;
    const joined = this.#catchUp(watcher).then(() => signal?.throwIfAborted()).catch((error) => {
      this.#leave(watcher, error);
      throw error;
    });
    return { watcher, joined };
  }

  #leave(watcher: Watcher, error?: unknown): void {
    if (!this.#watchers.delete(watcher)) return;
    watcher.closed = true;
    if (watcher.previous) this.#previousWatchers--;
    watcher.onEnd(error);
  }

  async #catchUp(watcher: Watcher): Promise<void> {
    checkRange(watcher.range);
    if (watcher.position > this.#revision && !this.#refusal) await this.#refresh?.();
    if (watcher.previous) await this.#settled?.();
    while (!watcher.closed) {
      if (this.#refusal) throw this.#refusal;
      checkWatchRevision(watcher.position, this.#revision, this.#compacted);
      // Revision 1 is the new store's: nothing happened at it.
      watcher.position = Math.max(watcher.position, 1);
      if (watcher.position >= this.#history.floor(watcher.previous)) {
        if (this.#replay(watcher)) return;
      } else {
        await this.#readPage(watcher);
      }
      await watcher.ready?.();
    }
    if (this.#refusal) throw this.#refusal;
  }

  /** Delivers batches of the ring; true when that were all and the watcher is live. */
  #replay(watcher: Watcher): boolean {
    let bytes = 0;
    let marked = false;
    for (const batch of this.#history.after(watcher.position)) {
      marked = this.#deliver(watcher, batch);
      bytes += batch.size;
      if (watcher.closed) return true;
      if (watcher.ready && bytes > REPLAY_PAGE_BYTES) return false;
    }
    // A progress mark: the consumer now knows up to where it has seen everything.
    watcher.live = true;
    if (!marked || watcher.position < this.#revision) this.#push(watcher, { revision: this.#revision, events: [] });
    return true;
  }

  async #readPage(watcher: Watcher): Promise<void> {
    if (!this.#readHistory) {
      throw new Error(`the ring starts after revision ${watcher.position} and there is no other history`);
    }
    const query = { range: watcher.range, after: watcher.position, previous: watcher.previous };
    const { batches, through } = await this.#readHistory(query);
    for (const batch of batches) {
      if (watcher.closed) return;
      this.#push(watcher, batch);
    }
    watcher.position = through;
  }

  /** Whether the batch had anything for the watcher. */
  #deliver(watcher: Watcher, batch: StoredBatch): boolean {
    watcher.position = batch.revision;
    const events = select(watcher, batch);
    if (events.length > 0) this.#push(watcher, { revision: batch.revision, events });
    return events.length > 0;
  }

  #push(watcher: Watcher, batch: WatchBatch): void {
    try {
      watcher.sink(batch);
    } catch (error) {
      // The commit has happened: it must neither fail nor keep its events from the other watchers.
      logger.error("A watcher of {start} threw at revision {revision}: {error}", {
        start: watcher.range.start,
        revision: batch.revision,
        error,
      });
    }
  }
}

/** The batch's events in a range, whose bounds are in the order of {@linkcode sortKey}. */
export function select(
  watcher: Pick<Watcher, "start" | "end" | "previous">,
  { events, plain }: StoredBatch,
): readonly WatchEvent[] {
  const inRange = (event: StoredEvent) => event.sorted >= watcher.start && event.sorted < watcher.end;
  if (!watcher.previous && events.every(inRange)) return plain;
  return events.filter(inRange).map((event) => watcher.previous ? event.full : event.plain);
}

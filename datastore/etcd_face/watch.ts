import { getLogger } from "@logtape/logtape";
import { number } from "../etcd/descriptor.ts";
import { type Face, header } from "./face.ts";
import { rangeOf } from "./keys.ts";
import type { WatchCreateRequest, WatchRequest, WatchResponse } from "./messages.ts";
import { StreamWriter } from "./stream_writer.ts";
import { farewell, Watcher } from "./watcher.ts";

const logger = getLogger(["skiff", "datastore", "etcd-face"]);

const MAX_WATCHES = 1000;
/** Bytes that a stream may leave unread before its requests wait. */
const MAX_UNREAD = 8 * 1024 * 1024;
/** Sorts below every key. */
const NOWHERE = { start: "", end: "\x01" };
/** What an answer without events counts for. */
const ANSWER_BYTES = 50;
/** The watch of answers that are about all of the stream's, or about none. */
const NO_WATCH = -1;

/** The half of a gRPC stream that is written to. */
type WriteResponse = (response: WatchResponse, written: () => void) => void;

/** The watches of one stream. */
export class WatchStream {
  readonly #face: Face;
  readonly #writer: StreamWriter<WatchResponse>;
  readonly #watchers = new Map<number, Watcher>();
  /** Those that asked for notifications of progress. */
  readonly #notified = new Set<number>();
  #stopTimer: () => void = () => {};
  #nextId = 0;
  #closed = false;

  constructor(face: Face, write: WriteResponse) {
    this.#face = face;
    this.#writer = new StreamWriter(write);
  }

  /** To be called for one request after the other. Rejects when the datastore cannot say where it is; the stream then should end. */
  async handle({ create, cancel, progress }: WatchRequest): Promise<void> {
    await this.#writer.drainedTo(MAX_UNREAD);
    if (this.#closed) return;
    if (create) await this.#create(create);
    else if (cancel) await this.#cancel(number(cancel.watchId));
    else if (progress) await this.#tellProgress([NO_WATCH]);
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#writer.close();
  }

  async #create(request: WatchCreateRequest): Promise<void> {
    const { datastore } = this.#face;
    const revision = await datastore.revision();
    if (this.#closed) return;
    const asked = number(request.watchId);
    const refusal = this.#refusal(request.key, asked);
    if (refusal) {
      const told = {
        header: header(revision),
        watchId: NO_WATCH,
        created: true,
        canceled: true,
        cancelReason: refusal,
      };
      return this.#writer.write(told, ANSWER_BYTES);
    }
    const start = number(request.startRevision);
    const id = asked > 0 ? asked : this.#newId();
    const watcher = new Watcher({
      id,
      range: rangeOf(request),
      after: start > 0 ? start - 1 : revision,
      filters: request.filters,
      previous: request.previous,
      fragment: request.fragment,
      datastore,
      writer: this.#writer,
    });
    this.#watchers.set(id, watcher);
    this.#writer.write({ header: header(revision), watchId: id, created: true }, ANSWER_BYTES);
    void this.#run(watcher);
    if (!request.progressNotify) return;
    this.#notified.add(id);
    if (this.#notified.size === 1) this.#startTimer();
  }

  #refusal(key: Uint8Array, asked: number): string | undefined {
    if (key.length === 0) return "etcdserver: key is not provided";
    if (this.#watchers.has(asked) && asked > 0) return "mvcc: duplicate watch ID provided on the WatchStream";
    if (this.#watchers.size >= MAX_WATCHES) return `a stream carries at most ${MAX_WATCHES} watches`;
    return undefined;
  }

  #newId(): number {
    while (this.#watchers.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  async #run(watcher: Watcher): Promise<void> {
    const { datastore } = this.#face;
    try {
      await watcher.run();
    } catch (error) {
      // It was closed meanwhile, or the stream was.
      if (!this.#drop(watcher)) return;
      const reason = await farewell(error, datastore).catch(() => ({ cancelReason: String(error) }));
      const revision = await datastore.revision().catch(() => 0);
      logger.debug("A watch ends: {error}", { error });
      this.#writer.write({ header: header(revision), watchId: watcher.id, canceled: true, ...reason }, ANSWER_BYTES);
    }
  }

  async #cancel(id: number): Promise<void> {
    const watcher = this.#watchers.get(id);
    if (!watcher || !this.#drop(watcher)) return;
    const revision = await this.#face.datastore.revision();
    this.#writer.write({ header: header(revision), watchId: id, canceled: true }, ANSWER_BYTES);
  }

  #drop(watcher: Watcher): boolean {
    if (this.#watchers.get(watcher.id) !== watcher) return false;
    this.#watchers.delete(watcher.id);
    this.#notified.delete(watcher.id);
    if (this.#notified.size === 0) this.#stopTimer();
    watcher.close();
    return true;
  }

  /**
   * Tells up to where the stream has everything, unless a watch of it still reads history: as in etcd, nothing is told then. The datastore's mark comes to
   * a new subscription between two of its pushes, so each live watch has all up to it.
   */
  async #tellProgress(ids: Iterable<number>): Promise<void> {
    const { datastore } = this.#face;
    const after = await datastore.revision();
    const subscription = await datastore.subscribe(NOWHERE, { after }, ({ revision, events }) => {
      if (events.length > 0 || this.#closed || [...this.#watchers.values()].some(({ isLive }) => !isLive)) return;
      for (const watchId of ids) this.#writer.write({ header: header(revision), watchId }, ANSWER_BYTES);
    });
    subscription.close();
  }

  #startTimer(): void {
    const { clock, progressInterval } = this.#face;
    this.#stopTimer = clock.after(progressInterval, () => {
      this.#tellProgress(this.#notified).catch((error) => logger.debug("No progress to tell: {error}", { error }));
      this.#startTimer();
    });
  }
}

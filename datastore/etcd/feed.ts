import { getLogger } from "@logtape/logtape";
import { DatastoreError } from "../contract.ts";
import type { WatchHub } from "../mvcc/watch_hub.ts";
import type { EtcdChannel } from "./channel.ts";
import type { KeySpace } from "./keys.ts";
import { openWatch, type WatchEnd } from "./watch_stream.ts";

const logger = getLogger(["skiff", "datastore"]);

/** Between two attempts to watch again. */
const PAUSE = { first: 50, most: 2000 };

export interface FeedOptions {
  readonly channel: EtcdChannel;
  readonly keys: KeySpace;
  readonly hub: WatchHub;
  /** Called after each revision. */
  arrived(): void;
  /** Changes were compacted away before they could be seen here: moves the hub on to where the watch can begin again. */
  lost(end: WatchEnd): Promise<void>;
}

/** Keeps one watch on etcd running, over lost connections and changes of the member, and tells the hub every revision once and in order. */
export class Feed {
  readonly #options: FeedOptions;
  #stream: { cancel(): void } | undefined;
  #closed = false;
  #pause = PAUSE.first;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    void this.#open();
  }

  async #open(): Promise<void> {
    const { channel, keys, hub } = this.#options;
    let mine: { cancel(): void } | undefined;
    let end: WatchEnd | undefined;
    try {
      const stream = await openWatch(channel, keys, hub.revision + 1, {
        batch: (batch) => {
          this.#pause = PAUSE.first;
          // After a change of the member a revision may come twice.
          if (batch.revision <= hub.revision) return;
          if (batch.events.length > 0) hub.publish(batch);
          else hub.advance(batch.revision);
          this.#options.arrived();
        },
        end: (reason) => {
          end = reason;
          if (mine !== undefined && this.#stream === mine) this.#reopen(reason);
        },
      });
      mine = this.#stream = stream;
      if (this.#closed) stream.cancel();
      else if (end) this.#reopen(end);
    } catch (error) {
      this.#reopen({ compacted: 0, error: error as DatastoreError });
    }
  }

  #reopen(end: WatchEnd): void {
    this.#stream = undefined;
    if (this.#closed) return;
    logger.warn("The watch on etcd broke and is opened again: {message}", { message: end.error.message });
    const pause = this.#pause;
    this.#pause = Math.min(pause * 2, PAUSE.most);
    this.#timer = setTimeout(() => void this.#again(end), pause);
  }

  async #again(end: WatchEnd): Promise<void> {
    const { hub } = this.#options;
    if (end.compacted > hub.revision + 1) {
      try {
        await this.#options.lost(end);
        this.#options.arrived();
      } catch (error) {
        this.#reopen({ ...end, error: error as DatastoreError });
        return;
      }
    }
    if (!this.#closed) await this.#open();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stream?.cancel();
  }
}

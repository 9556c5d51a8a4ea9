import { DatastoreError, type WatchBatch } from "../contract.ts";
import { sortKey } from "../mvcc/key_order.ts";
import { type HistoryQuery, select } from "../mvcc/watch_hub.ts";
import type { EtcdChannel } from "./channel.ts";
import type { KeySpace } from "./keys.ts";
import { openWatch } from "./watch_stream.ts";

const PAGE_BYTES = 1024 * 1024;
const MILLISECONDS = 10_000;

/** Changes that are older than the hub's ring, from a watch that starts there and ends at `newest`, or when it has read enough. */
export async function readHistory(
  channel: EtcdChannel,
  keys: KeySpace,
  { range, after, previous }: HistoryQuery,
  newest: number,
): Promise<{ batches: readonly WatchBatch[]; through: number }> {
  const bounds = { start: sortKey(range.start), end: sortKey(range.end), previous };
  const batches: WatchBatch[] = [];
  let watch: { cancel(): void } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(lateError(after)), MILLISECONDS);
      let size = 0;
      let done = false;
      openWatch(channel, keys, after + 1, {
        batch(batch) {
          // What comes until the watch is cancelled belongs to the next page.
          if (done) return;
          const events = select(bounds, batch);
          if (events.length > 0) {
            batches.push({ revision: batch.revision, events });
            size += batch.size;
          }
          done = size >= PAGE_BYTES || batch.revision >= newest;
          if (done) resolve({ batches, through: batch.revision });
        },
        end: ({ error }) => reject(error),
      }).then((stream) => watch = stream, reject);
    });
  } finally {
    clearTimeout(timer);
    watch?.cancel();
  }
}

function lateError(after: number): DatastoreError {
  return new DatastoreError(
    "unavailable",
    `etcd did not send the changes after revision ${after} within ${MILLISECONDS} ms: try again`,
  );
}

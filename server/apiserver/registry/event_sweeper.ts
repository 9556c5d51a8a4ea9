import { getLogger } from "@logtape/logtape";
import { parseTime } from "../../../api/meta/time.ts";
import { events } from "../../../api/resources.ts";
import type { StoredEntry } from "../cache/stored_entry.ts";
import { storageOf } from "../cache/layout.ts";
import { throughStore } from "./datastore_errors.ts";
import type { System } from "./system.ts";

const log = getLogger(["skiff", "apiserver", "events"]);

/** One commit takes at most so many; more wait for the next turn of the loop. */
const batchSize = 100;
const storage = storageOf(events);

/**
 * Deletes Events that nobody has renewed for `ttl` milliseconds. It sleeps until the oldest one is due; with no Events there is no
 * timer. Returns what stops it.
 */
export function startEventSweeper({ cache, clock, datastore }: System, ttl: number): () => void {
  const found = cache.resource(storage);
  /** When each Event was last written, oldest first: a write moves its key to the end. */
  const written = new Map<string, number>();
  let cancel: (() => void) | undefined;
  let stopped = false;
  let sweeping = false;

  const initial = [...found.list()].map((entry): [string, number] => [entry.key, lastSeen(entry, clock.now())]);
  for (const [key, at] of initial.sort((a, b) => a[1] - b[1])) written.set(key, at);

  cache.observe(storage, ({ current, previous }) => {
    written.delete((current ?? previous)!.key);
    if (current) written.set(current.key, clock.now());
    schedule();
  });

  const schedule = () => {
    if (stopped || sweeping || cancel !== undefined || written.size === 0) return;
    const [oldest] = written.values();
    // A second's slack lets Events that were written together go together.
    cancel = clock.after(Math.max(oldest! + ttl - clock.now(), 0) + 1_000, () => {
      cancel = undefined;
      void sweep();
    });
  };

  const sweep = async () => {
    sweeping = true;
    try {
      while (!stopped) {
        const due = dueKeys(written, clock.now() - ttl);
        if (due.length === 0) break;
        const operations = due.flatMap((key) => {
          const entry = found.byKey(key);
          return entry ? [{ kind: "delete", key, expect: entry.revision } as const] : [];
        });
        // Deletions come back through the observer; what is not there any more does not.
        for (const key of due) if (!found.byKey(key)) written.delete(key);
        const result = await throughStore(datastore.commit(operations));
        // One of them was renewed meanwhile: its time is a new one now.
        if (!result.ok) continue;
      }
    } catch (error) {
      log.warn("expired Events could not be deleted, next attempt in a minute: {error}", { error });
      await new Promise<void>((resolve) => cancel = clock.after(60_000, resolve));
      cancel = undefined;
    } finally {
      sweeping = false;
      schedule();
    }
  };

  schedule();
  return () => {
    stopped = true;
    cancel?.();
  };
}

function dueKeys(written: ReadonlyMap<string, number>, before: number): string[] {
  const due: string[] = [];
  for (const [key, at] of written) {
    if (at > before || due.length === batchSize) break;
    due.push(key);
  }
  return due;
}

/** From before this process: what the Event itself says. */
function lastSeen(entry: StoredEntry, now: number): number {
  const { metadata, lastTimestamp, series } = entry.object as {
    metadata: { creationTimestamp?: string };
    lastTimestamp?: string;
    series?: { lastObservedTime?: string };
  };
  const text = series?.lastObservedTime ?? lastTimestamp ?? metadata.creationTimestamp;
  try {
    return text === undefined ? now : Math.min(parseTime(text), now);
  } catch {
    return now;
  }
}

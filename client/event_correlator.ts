import type { Event } from "../api/types/core_v1.ts";
import { LruMap } from "./lru_map.ts";

export type Correlated =
  | { readonly action: "create"; readonly series: string; readonly event: Event }
  /** `event` is the stored one with a new count, message and last time. */
  | { readonly action: "patch"; readonly series: string; readonly event: Event }
  /** The object causes too many events. */
  | { readonly action: "drop" };

// The limits are client-go's.
const cacheSize = 4096;
const similarLimit = 10;
const similarWindow = 600_000;
const burst = 25;
const refillPerMillisecond = 1 / 300_000;

interface Similar {
  readonly messages: Set<string>;
  last: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Decides what becomes of an event: equal ones raise the count of the first, more than ten that differ only in their message within ten
 * minutes are combined into one, and an object gets 25 events at once and one every five minutes after that. Memory is bounded; no I/O.
 */
export class EventCorrelator {
  readonly #similar = new LruMap<string, Similar>(cacheSize);
  readonly #stored = new LruMap<string, Event>(cacheSize);
  readonly #buckets = new LruMap<string, Bucket>(cacheSize);

  /** `now` in milliseconds since the epoch. */
  correlate(event: Event, now: number): Correlated {
    const { event: combined, key } = this.#combine(event, now);
    if (!this.#takeToken(event, now)) return { action: "drop" };
    const stored = this.#stored.get(key);
    if (stored === undefined) {
      this.#stored.set(key, combined);
      return { action: "create", series: key, event: combined };
    }
    const { message, lastTimestamp } = combined;
    const next: Event = {
      ...stored,
      count: (stored.count ?? 1) + 1,
      ...(message === undefined ? {} : { message }),
      ...(lastTimestamp === undefined ? {} : { lastTimestamp }),
    };
    this.#stored.set(key, next);
    return { action: "patch", series: key, event: next };
  }

  /** Tells what the API made of an event of the series, which continues from there. */
  written(series: string, event: Event): void {
    this.#stored.set(series, event);
  }

  #combine(event: Event, now: number): { event: Event; key: string } {
    const group = similarKey(event);
    let similar = this.#similar.get(group);
    if (similar === undefined || now - similar.last > similarWindow) {
      similar = { messages: new Set(), last: now };
      this.#similar.set(group, similar);
    }
    similar.last = now;
    const message = event.message ?? "";
    similar.messages.add(message);
    if (similar.messages.size < similarLimit) return { event, key: equalKey(event) };
    // The set need not grow further to know that the limit is passed.
    similar.messages.delete(similar.messages.values().next().value!);
    return { event: { ...event, message: `(combined from similar events): ${message}` }, key: group };
  }

  #takeToken(event: Event, now: number): boolean {
    const key = sourceKey(event);
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) * refillPerMillisecond);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}

function sourceKey({ source, involvedObject: about }: Event): string {
  return [source?.component, source?.host, about.kind, about.namespace, about.name, about.uid, about.apiVersion].join(
    "\n",
  );
}

function similarKey(event: Event): string {
  return [sourceKey(event), event.involvedObject.fieldPath, event.type, event.reason].join("\n");
}

function equalKey(event: Event): string {
  return [similarKey(event), event.message].join("\n");
}

import type { Clock } from "../../api/clock.ts";

/** Back-off of a Pod that did not fit: 1 s doubling to 10 s, as upstream's. */
const INITIAL_BACK_OFF = 1_000;
const MAX_BACK_OFF = 10_000;
/** A Pod that no event moved is tried again after so long all the same. */
const UNSCHEDULABLE_TIMEOUT = 300_000;

export interface QueuedPod {
  readonly key: string;
  readonly priority: number;
  /** Milliseconds since the epoch; earlier Pods of the same priority go first. */
  readonly since: number;
}

/**
 * Pods that wait for a node. A Pod is *active* (may be tried now), *backing off* (until its time), or *unschedulable* (until something changes
 * that could help). Exactly one of the three, or none while it is being tried.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #active = new Map<string, QueuedPod>();
  readonly #backingOff = new Map<string, { pod: QueuedPod; cancel: () => void }>();
  readonly #unschedulable = new Map<string, { pod: QueuedPod; cancel: () => void }>();
  readonly #attempts = new Map<string, { count: number; at: number }>();
  /** Counts events that could help a Pod, so that one that came while a Pod was being tried is not missed. */
  #moves = 0;

  /** `wake` is called whenever a Pod becomes active. */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  get sizes(): { readonly active: number; readonly backoff: number; readonly unschedulable: number } {
    return { active: this.#active.size, backoff: this.#backingOff.size, unschedulable: this.#unschedulable.size };
  }

  get moves(): number {
    return this.#moves;
  }

  /** A new Pod, or one whose spec changed: it may be tried at once. */
  add(pod: QueuedPod): void {
    this.#take(pod.key);
    this.#active.set(pod.key, pod);
    this.#wake();
  }

  /** The Pod is gone, or has a node. */
  remove(key: string): void {
    this.#take(key);
    this.#attempts.delete(key);
  }

  /** The next Pod to try: highest priority, then longest waiting. */
  pop(): QueuedPod | undefined {
    let next: QueuedPod | undefined;
    for (const pod of this.#active.values()) {
      if (!next || pod.priority > next.priority || (pod.priority === next.priority && pod.since < next.since)) {
        next = pod;
      }
    }
    if (next) this.#active.delete(next.key);
    return next;
  }

  /** No node fits. `movesBefore` is {@linkcode moves} as it was when the attempt began. */
  fits(pod: QueuedPod, fit: "nowhere" | "error", movesBefore: number): void {
    const count = (this.#attempts.get(pod.key)?.count ?? 0) + 1;
    this.#attempts.set(pod.key, { count, at: this.#clock.now() });
    if (fit === "error" || this.#moves !== movesBefore) return this.#backOff(pod);
    const cancel = this.#clock.after(UNSCHEDULABLE_TIMEOUT, () => {
      this.#unschedulable.delete(pod.key);
      this.add(pod);
    });
    this.#unschedulable.set(pod.key, { pod, cancel });
  }

  /** Something changed that may let a waiting Pod fit: a node came or changed, a Pod went. */
  moveAll(): void {
    this.#moves++;
    const waiting = [...this.#unschedulable.values()];
    this.#unschedulable.clear();
    for (const { pod, cancel } of waiting) {
      cancel();
      this.#backOff(pod);
    }
  }

  close(): void {
    for (const { cancel } of [...this.#backingOff.values(), ...this.#unschedulable.values()]) cancel();
    this.#backingOff.clear();
    this.#unschedulable.clear();
    this.#active.clear();
  }

  #backOff(pod: QueuedPod): void {
    const attempts = this.#attempts.get(pod.key) ?? { count: 0, at: 0 };
    const wait = attempts.count === 0
      ? 0
      : Math.min(INITIAL_BACK_OFF * 2 ** Math.min(attempts.count - 1, 10), MAX_BACK_OFF);
    const left = attempts.at + wait - this.#clock.now();
    if (left <= 0) return this.add(pod);
    const cancel = this.#clock.after(left, () => {
      this.#backingOff.delete(pod.key);
      this.add(pod);
    });
    this.#backingOff.set(pod.key, { pod, cancel });
  }

  #take(key: string): void {
    this.#active.delete(key);
    for (const place of [this.#backingOff, this.#unschedulable]) {
      place.get(key)?.cancel();
      place.delete(key);
    }
  }
}

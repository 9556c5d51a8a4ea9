import type { WatchedEvent } from "../contract.ts";
import type { StoredEntry } from "./stored_entry.ts";

type ObjectEvent = Extract<WatchedEvent, { entry: unknown }>;

/**
 * One change of one object, as all watchers share it. Which kind of event it is depends on the watcher: an object that starts to match a
 * selector is ADDED for it, one that ceases to is DELETED.
 */
export class CacheEvent {
  readonly revision: number;
  /** Absent for a deletion. */
  readonly current: StoredEntry | undefined;
  /** Absent for a creation. */
  readonly previous: StoredEntry | undefined;
  #added: ObjectEvent | undefined;
  #modified: ObjectEvent | undefined;
  #deleted: ObjectEvent | undefined;

  constructor(revision: number, current: StoredEntry | undefined, previous: StoredEntry | undefined) {
    this.revision = revision;
    this.current = current;
    this.previous = previous;
  }

  /** Characters that it keeps alive. */
  get size(): number {
    return (this.current ?? this.previous)!.text.length;
  }

  /** The event for a watcher that sees what `matches`; undefined when it sees nothing of it. */
  seenBy(matches: (entry: StoredEntry) => boolean): ObjectEvent | undefined {
    const { current, previous } = this;
    const now = current !== undefined && matches(current);
    const before = previous !== undefined && matches(previous);
    if (now) {
      return before
        ? this.#modified ??= { type: "MODIFIED", entry: current }
        : this.#added ??= { type: "ADDED", entry: current };
    }
    return before ? this.#deleted ??= { type: "DELETED", entry: previous.at(this.revision) } : undefined;
  }
}

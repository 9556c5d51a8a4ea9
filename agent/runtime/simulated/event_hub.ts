import { RuntimeError, type RuntimeEvent } from "../contract.ts";

/** A listener with so many unread events hangs. */
const UNREAD_LIMIT = 10_000;

/** Hands each event to everyone who listens at that moment. */
export class EventHub {
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #ends = new Set<() => void>();

  publish(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Ends every subscription. */
  close(): void {
    for (const end of [...this.#ends]) end();
  }

  /** Events from this call on, until the signal aborts. */
  subscribe(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const waiting: RuntimeEvent[] = [];
    let wake = () => {};
    let ended = signal.aborted;
    let overrun = false;
    const listener = (event: RuntimeEvent) => {
      overrun = waiting.push(event) > UNREAD_LIMIT;
      if (overrun) end();
      else wake();
    };
    const end = () => {
      ended = true;
      this.#listeners.delete(listener);
      this.#ends.delete(end);
      signal.removeEventListener("abort", end);
      wake();
    };
    if (!ended) {
      this.#listeners.add(listener);
      this.#ends.add(end);
      signal.addEventListener("abort", end, { once: true });
    }
    return {
      async *[Symbol.asyncIterator]() {
        try {
          for (;;) {
            const event = waiting.shift();
            if (overrun) throw new RuntimeError("failed", `over ${UNREAD_LIMIT} events unread`);
            else if (event) yield event;
            else if (ended) return;
            else await new Promise<void>((resolve) => wake = resolve);
          }
        } finally {
          end();
        }
      },
    };
  }
}

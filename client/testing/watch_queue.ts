import type { KubeObject } from "../../api/resource.ts";
import type { WatchEvent } from "../client.ts";

/** Events between a synchronous producer and one asynchronous reader. */
export class WatchQueue<T extends KubeObject> {
  readonly #events: WatchEvent<T>[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  push(event: WatchEvent<T>): void {
    this.#events.push(event);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *read(signal?: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const wake = () => this.#wake?.();
    signal?.addEventListener("abort", wake);
    try {
      while (!signal?.aborted) {
        const event = this.#events.shift();
        if (event !== undefined) yield event;
        else if (this.#ended) return;
        else await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }
}

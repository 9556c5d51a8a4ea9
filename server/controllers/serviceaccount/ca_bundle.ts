/** The authorities (PEM) by which Pods know the API server, as they are by now. */
export class CaBundle {
  readonly #listeners = new Set<() => void>();
  #pem: string;

  constructor(pem: string) {
    this.#pem = pem;
  }

  get pem(): string {
    return this.#pem;
  }

  replace(pem: string): void {
    if (pem === this.#pem) return;
    this.#pem = pem;
    for (const listener of this.#listeners) listener();
  }

  /** Calls back when they are others, until the signal aborts. */
  onChange(listener: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }
}

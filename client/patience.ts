/**
 * Waits for a peer step by step, until somebody loses patience. Destroying the connection is not enough where it is TLS and its peer has fallen silent: Deno (2.9.5) then tells nobody
 * before the peer has said goodbye, which a machine without power or cable never does.
 */
export class Patience {
  #reject: ((error: unknown) => void) | undefined;
  #ended: { readonly error: unknown } | undefined;

  /** The step that is waited for, and each that follows, rejects with `error`. The first call counts. */
  end(error: unknown): void {
    this.#ended ??= { error };
    this.#reject?.(this.#ended.error);
  }

  /** One step at a time. */
  wait<T>(step: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      step.then(resolve, reject);
      if (this.#ended) reject(this.#ended.error);
    });
  }
}

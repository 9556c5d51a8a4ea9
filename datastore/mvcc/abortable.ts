import type { CallOptions } from "../contract.ts";

/** Settles as `call` does, or rejects with the signal's reason as soon as that aborts. */
export function abortable<T>(call: Promise<T>, { signal }: CallOptions): Promise<T> {
  if (!signal) return call;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    call.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

const base = 1_000;
const max = 15 * 60_000;

/** How long a node waits for a daemon Pod in place of one that ended: from a second, doubling to a quarter of an hour. */
export class Failures {
  readonly #byNode = new Map<string, { readonly delay: number; readonly at: number }>();

  /** Milliseconds that are left to wait; 0 starts the next, longer wait. `node` is a key of the caller's. */
  wait(node: string, now: number): number {
    const known = this.#byNode.get(node);
    const left = known === undefined ? 0 : known.at + known.delay - now;
    if (left > 0) return left;
    // Who did well for twice the longest wait starts from the beginning.
    const isOld = known === undefined || now - known.at > 2 * max;
    this.#byNode.set(node, { delay: isOld ? base : Math.min(known.delay * 2, max), at: now });
    return 0;
  }

  /** Forgets all nodes of a DaemonSet. */
  forget(prefix: string): void {
    for (const node of this.#byNode.keys()) if (node.startsWith(prefix)) this.#byNode.delete(node);
  }
}

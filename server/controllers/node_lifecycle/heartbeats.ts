/**
 * When each node was last heard of, by our own clock: the times that nodes write are theirs, and may be wrong. A node counts as heard of when
 * it is first seen, which gives every node its full time after a restart of the server.
 */
export class Heartbeats {
  readonly #byNode = new Map<string, { readonly at: number; readonly marks: ReadonlyMap<string, string> }>();

  /** `mark` is a time or version that `source` (`lease`, `status`) writes; only a new one is a sign of life. */
  see(node: string, source: string, mark: string, now: number): void {
    const known = this.#byNode.get(node);
    if (known?.marks.get(source) === mark) return;
    this.#byNode.set(node, { at: now, marks: new Map([...(known?.marks ?? []), [source, mark]]) });
  }

  /** Undefined for a node that was never seen. */
  lastHeard(node: string): number | undefined {
    return this.#byNode.get(node)?.at;
  }

  forget(node: string): void {
    this.#byNode.delete(node);
  }
}

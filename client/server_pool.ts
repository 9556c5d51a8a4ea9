import type { Clock } from "../api/clock.ts";

/** So long a server that did not answer is left alone while there are others. */
const REST = 30_000;

/**
 * The servers of a cluster as one client sees them: one at a time, another as soon as that one does not answer. Clients begin with one that chance chooses, so that they are
 * spread over all.
 */
export class ServerPool {
  readonly #clock: Pick<Clock, "now">;
  readonly #random: () => number;
  readonly #failedAt = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #servers: readonly string[];
  #current: string;

  /** `servers` are URLs, at least one. */
  constructor(servers: readonly string[], clock: Pick<Clock, "now">, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
    this.#servers = unique(servers);
    this.#current = this.#choose(this.#servers);
  }

  get current(): string {
    return this.#current;
  }

  get servers(): readonly string[] {
    return this.#servers;
  }

  /** The present one stays while it is among them. An empty list is nobody's word: it changes nothing. */
  replace(servers: readonly string[]): void {
    const wanted = unique(servers);
    if (wanted.length === 0 || wanted.join() === this.#servers.join()) return;
    this.#servers = wanted;
    for (const gone of [...this.#failedAt.keys()].filter((one) => !this.#servers.includes(one))) {
      this.#failedAt.delete(gone);
    }
    if (!this.#servers.includes(this.#current)) this.#current = this.#choose(this.#servers);
    for (const listener of this.#listeners) listener();
  }

  /** Calls back when there are other servers; answers how to end that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Moves on when it was the present one: to any that has not failed lately, else to the one whose failure is the longest ago. */
  failed(server: string): void {
    if (!this.#servers.includes(server)) return;
    const now = this.#clock.now();
    this.#failedAt.set(server, now);
    if (server !== this.#current) return;
    const others = this.#servers.filter((one) => one !== server);
    if (others.length === 0) return;
    const failedAt = (one: string) => this.#failedAt.get(one) ?? -Infinity;
    const rested = others.filter((one) => Math.abs(now - failedAt(one)) >= REST);
    this.#current = rested.length > 0 ? this.#choose(rested) : others.toSorted((a, b) => failedAt(a) - failedAt(b))[0]!;
  }

  #choose(servers: readonly string[]): string {
    return servers[Math.floor(this.#random() * servers.length)]!;
  }
}

function unique(servers: readonly string[]): readonly string[] {
  return [...new Set(servers)];
}

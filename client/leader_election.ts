import { getLogger } from "@logtape/logtape";
import type { Clock } from "../api/clock.ts";
import { leases } from "../api/resources.ts";
import { isNotFound } from "../api/status.ts";
import type { Lease } from "../api/types/coordination_v1.ts";
import type { Client, Target } from "./client.ts";
import { decide, type LeaseView, observe } from "./lease_decision.ts";
import { pause } from "./pause.ts";

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** Ends the candidacy; the lease is then given back, so that another need not wait for it to expire. */
  readonly signal: AbortSignal;
  readonly lease: Target & { readonly namespace: string };
  /** Unique among the candidates. */
  readonly identity: string;
  /** What only the leader does. Its signal aborts when the leadership is lost or given up. */
  lead(signal: AbortSignal): Promise<void>;
  /** Milliseconds: another takes over when the lease was not renewed for so long. 15,000 when absent. */
  readonly duration?: number;
  /** A leader that could not renew for so long steps down. Less than `duration`; 10,000 when absent. */
  readonly renewDeadline?: number;
  /** Between attempts. 2,000 when absent. */
  readonly retryPeriod?: number;
}

const logger = getLogger(["skiff", "client", "leader-election"]);

/**
 * Takes part in the election until the signal aborts: leads whenever the lease is won, waits again when it is lost. Two leaders at
 * a time are excluded as long as the candidates' clocks run at about the same speed; what they show does not matter.
 */
export async function runLeaderElection(options: LeaderElectionOptions): Promise<void> {
  const candidate = new Candidate(options);
  while (!options.signal.aborted) {
    try {
      await candidate.acquire();
      await candidate.leadOnce();
    } catch (error) {
      if (options.signal.aborted) return;
      logger.error("the leader of {lease} failed: {error}", { lease: options.lease.name, error });
      await pause(options.clock, options.retryPeriod ?? 2_000, options.signal).catch(() => {});
    }
  }
}

class Candidate {
  readonly #options: LeaderElectionOptions;
  readonly #duration: number;
  readonly #renewDeadline: number;
  readonly #retryPeriod: number;
  #view: LeaseView | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#duration = options.duration ?? 15_000;
    this.#renewDeadline = options.renewDeadline ?? 10_000;
    this.#retryPeriod = options.retryPeriod ?? 2_000;
  }

  /** Resolves when the lease is ours; rejects when the signal aborts. */
  async acquire(): Promise<void> {
    while (!(await this.#try())) await this.#pause();
  }

  async leadOnce(): Promise<void> {
    const { signal, lead, lease } = this.#options;
    const leading = new AbortController();
    const work = lead(AbortSignal.any([signal, leading.signal]));
    // A leader whose work ends or fails must not go on renewing.
    const ended = work.then(() => leading.abort(), () => leading.abort());
    logger.info("leads {lease}", { lease: lease.name });
    try {
      await this.#keep(leading.signal);
    } finally {
      leading.abort(new Error(`the lease ${lease.name} is lost`));
      await ended;
      await this.#giveBack();
    }
    await work;
  }

  /** Renews until the lease is lost, or the signal or the server's aborts. */
  async #keep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let renewed = clock.now();
    const either = AbortSignal.any([signal, this.#options.signal]);
    while (!either.aborted) {
      await pause(clock, this.#retryPeriod, either).catch(() => {});
      if (either.aborted) return;
      if (await this.#try()) renewed = clock.now();
      else if (clock.now() - renewed >= this.#renewDeadline || !this.#isHolder()) return;
    }
  }

  /** Whether the lease is ours after an attempt to get or renew it. */
  async #try(): Promise<boolean> {
    const { client, lease, identity, clock, signal } = this.#options;
    const limited = AbortSignal.any([signal, AbortSignal.timeout(this.#renewDeadline)]);
    try {
      const current = await client.get(leases, lease, { signal: limited }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      this.#view = observe(this.#view, current, clock.now());
      const spec = decide(this.#view, identity, this.#duration, clock.now());
      if (spec === undefined) return false;
      const next: Lease = current === undefined
        ? { metadata: { namespace: lease.namespace, name: lease.name }, spec }
        : { ...current, spec };
      const written = current === undefined
        ? await client.create(leases, next, { signal: limited })
        : await client.update(leases, next, { signal: limited });
      this.#view = observe(this.#view, written, clock.now());
      return true;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      logger.debug("lease {lease}: {error}", { lease: lease.name, error: (error as Error).message });
      return false;
    }
  }

  #isHolder(): boolean {
    return this.#view?.lease?.spec.holderIdentity === this.#options.identity;
  }

  async #giveBack(): Promise<void> {
    const { client, identity, clock } = this.#options;
    const lease = this.#view?.lease;
    if (lease === undefined || lease.spec.holderIdentity !== identity) return;
    this.#view = undefined;
    const { holderIdentity: _, ...spec } = lease.spec;
    try {
      // The resourceVersion in it makes sure that nobody else's lease is given away.
      await client.update(leases, { ...lease, spec: { ...spec, leaseDurationSeconds: 1 } }, {
        signal: AbortSignal.timeout(this.#retryPeriod),
      });
    } catch (error) {
      logger.debug("could not give back a lease at {now}: {error}", {
        now: clock.now(),
        error: (error as Error).message,
      });
    }
  }

  async #pause(): Promise<void> {
    const jitter = 1 + 0.2 * Math.random();
    await pause(this.#options.clock, this.#retryPeriod * jitter, this.#options.signal);
  }
}

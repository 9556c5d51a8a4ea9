import { getLogger } from "@logtape/logtape";
import { type Clock, systemClock } from "../../../api/clock.ts";
import { keyOf } from "../../../api/resource.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { pause } from "../../../client/pause.ts";
import type { TableFacts } from "./base_table.ts";
import { forgetFlows } from "./conntrack.ts";
import type { Frontend } from "./frontend.ts";
import { hostPortFrontends } from "./host_ports.ts";
import { applyScript, isTableWhole } from "./nft.ts";
import { type RuleChange, RuleState } from "./rule_state.ts";
import type { ServiceDirectory, Source } from "./service_directory.ts";
import type { StaleFlow } from "./stale_flows.ts";
import { serviceFrontends } from "./service_frontends.ts";

export interface ServiceSyncOptions {
  readonly facts: TableFacts;
  readonly nodeName: string;
  readonly directory: ServiceDirectory;
  /** This node's Pods. */
  readonly pods: Source<Pod>;
  /** Frontends that no Service can take: the cluster DNS. */
  readonly own: readonly Frontend[];
  readonly clock?: Clock;
}

/** Changes that come within so many milliseconds are applied together. */
const GATHER = 5;
/** Milliseconds from the end of one application to the begin of the next. */
const REST = 30;
const MIN_BACK_OFF = 200;
const MAX_BACK_OFF = 10_000;
/** How often, in milliseconds, somebody's `nft flush ruleset` is looked for. */
const CHECK_INTERVAL = 15_000;
/** Every so many checks one is thorough. */
const THOROUGH_EVERY = 20;

const log = getLogger(["skiff", "network"]);

/**
 * Keeps the nft table equal to Services, EndpointSlices and host ports. The first application replaces whatever table of the name there is; later
 * ones change elements. A failure, or a table that somebody flushed, is answered by making it anew.
 */
export class ServiceSync {
  readonly #options: ServiceSyncOptions;
  readonly #clock: Clock;
  readonly #state: RuleState;
  readonly #dirtyServices = new Set<string>();
  readonly #dirtyPods = new Map<string, Pod | undefined>();
  #mustMakeAnew = true;
  #wake: (() => void) | undefined;
  readonly #stale: StaleFlow[] = [];
  readonly #firstRun = Promise.withResolvers<void>();

  constructor(options: ServiceSyncOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock({ background: true });
    this.#state = new RuleState(options.facts);
    this.#state.claim("own", options.own, 0);
  }

  /** Applies what there is once, without Services: for a node whose API server is not to be reached yet. */
  async applyBase(): Promise<void> {
    await this.#apply(this.#state.takeAll());
    this.#mustMakeAnew = true;
  }

  /** Resolves when {@linkcode run} has applied what there was at its start; rejects with the signal's reason. */
  async whenApplied(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([this.#firstRun.promise, aborted.promise]);
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Runs until the signal aborts; then it resolves once nothing is being applied. Start it when the informers have synced. */
  async run(signal: AbortSignal): Promise<void> {
    const { directory, pods } = this.#options;
    const stops = [
      directory.onChange((key) => this.#enqueue(() => this.#dirtyServices.add(key))),
      pods.onChange((change) => {
        const pod = change.type === "deleted" ? undefined : change.object;
        this.#enqueue(() => this.#dirtyPods.set(keyOf(change.object), pod));
      }),
    ];
    const onAbort = () => this.#wake?.();
    signal.addEventListener("abort", onAbort);
    const check = this.#checkRegularly(signal);
    try {
      await this.#loop(signal);
    } finally {
      signal.removeEventListener("abort", onAbort);
      for (const stop of stops) stop();
      await check;
    }
  }

  async #loop(signal: AbortSignal): Promise<void> {
    let backOff = MIN_BACK_OFF;
    while (!signal.aborted) {
      try {
        this.#claimDirty();
        const change = this.#mustMakeAnew ? this.#state.takeAll() : this.#state.takeChange();
        if (change) await this.#apply(change);
        this.#firstRun.resolve();
        backOff = MIN_BACK_OFF;
        if (change) await pause(this.#clock, REST, signal);
        await this.#whenDirty(signal);
        await pause(this.#clock, GATHER, signal);
      } catch (error) {
        if (signal.aborted) return;
        log.error("could not apply the rules of Services, they are made anew in {backOff} ms: {error}", {
          backOff,
          error,
        });
        this.#mustMakeAnew = true;
        await pause(this.#clock, backOff, signal).catch(() => {});
        backOff = Math.min(backOff * 2, MAX_BACK_OFF);
      }
    }
  }

  #claimDirty(): void {
    const { directory, nodeName } = this.#options;
    for (const key of this.#dirtyServices) {
      const service = directory.service(key);
      const frontends = service ? serviceFrontends(service, directory.slicesOf(key), nodeName) : [];
      this.#state.claim(`service ${key}`, frontends);
    }
    this.#dirtyServices.clear();
    for (const [key, pod] of this.#dirtyPods) this.#state.claim(`pod ${key}`, pod ? hostPortFrontends(pod) : []);
    this.#dirtyPods.clear();
  }

  async #apply({ script, stale }: RuleChange): Promise<void> {
    // Of a change that fails, too: the table that is made anew has it.
    this.#stale.push(...stale);
    await applyScript(script);
    this.#mustMakeAnew = false;
    try {
      await forgetFlows(this.#stale.splice(0));
    } catch (error) {
      log.warn("UDP flows may stay with backends that are gone: {error}", { error });
    }
  }

  #enqueue(add: () => void): void {
    add();
    this.#wake?.();
  }

  async #whenDirty(signal: AbortSignal): Promise<void> {
    const isDirty = () => this.#dirtyServices.size > 0 || this.#dirtyPods.size > 0 || this.#mustMakeAnew;
    while (!isDirty() && !signal.aborted) {
      const woken = Promise.withResolvers<void>();
      this.#wake = woken.resolve;
      await woken.promise;
    }
  }

  async #checkRegularly(signal: AbortSignal): Promise<void> {
    const { table } = this.#options.facts;
    for (let check = 1; !signal.aborted; check++) {
      try {
        await pause(this.#clock, CHECK_INTERVAL, signal);
        if (await isTableWhole(table, check % THOROUGH_EVERY === 0)) continue;
        log.warn("somebody removed rules of the nft table {table}: it is made anew", { table });
        this.#enqueue(() => this.#mustMakeAnew = true);
      } catch (error) {
        if (!signal.aborted) log.warn("could not look at the nft table {table}: {error}", { table, error });
      }
    }
  }
}

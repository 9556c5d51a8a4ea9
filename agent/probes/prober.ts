import type { Clock } from "../../api/clock.ts";
import type { Container, Probe } from "../../api/types/core_v1.ts";
import type { ProbeOutcome } from "./outcome.ts";
import { count, noTally, type Tally } from "./threshold.ts";

export interface ProberOptions {
  readonly clock: Clock;
  readonly probe: Probe;
  readonly container: Container;
  /** When the container came up, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** The verdict to begin with: what was known before the agent was restarted. */
  readonly verdict?: boolean | undefined;
  /** In [0, 1): spreads the first probes after a restart of the agent, when all begin at once. */
  readonly random: () => number;
  readonly ask: (signal: AbortSignal) => Promise<ProbeOutcome>;
  /** Each time the verdict turns. */
  readonly onVerdict: (success: boolean) => void;
  /** Each failed answer. */
  readonly onFailure: (output: string) => void;
}

/** Asks one container by one of its probes, every period, until it is closed. Never two at once. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #stop = new AbortController();
  #tally: Tally;
  #cancel: (() => void) | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#tally = { ...noTally, verdict: options.verdict };
    const { clock, probe, startedAt } = options;
    const due = startedAt + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now();
    const isLate = due < -this.#period;
    this.#cancel = clock.after(isLate ? options.random() * this.#period : Math.max(due, 0), () => this.#run());
  }

  get #period(): number {
    return Math.max(this.#options.probe.periodSeconds ?? 10, 1) * 1000;
  }

  close(): void {
    this.#cancel?.();
    this.#stop.abort(new Error("the probe is closed"));
  }

  async #run(): Promise<void> {
    const { clock, probe, ask, onVerdict, onFailure } = this.#options;
    const begin = clock.now();
    let outcome: ProbeOutcome;
    try {
      outcome = await ask(this.#stop.signal);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      outcome = { success: false, output: String(error) };
    }
    if (this.#stop.signal.aborted) return;
    this.#cancel = clock.after(Math.max(begin + this.#period - clock.now(), 0), () => this.#run());
    if (outcome.success === undefined) return;
    const before = this.#tally.verdict;
    this.#tally = count(this.#tally, outcome.success, probe);
    if (!outcome.success) onFailure(outcome.output);
    if (this.#tally.verdict !== undefined && this.#tally.verdict !== before) onVerdict(this.#tally.verdict);
  }
}

import { Counter, Gauge, Registry } from "prom-client";
import type { Result } from "./contract.ts";

type Outcome = Result["outcome"];

const outcomes = Object.keys(
  { done: 0, retry: 0, retryAfter: 0, terminal: 0 } satisfies Record<Outcome, 0>,
) as Outcome[];

/** What the controllers count, for `/metrics`. All series exist from the start, at zero. */
export class ControllerMetrics {
  readonly registry: Registry = new Registry();
  readonly #depths = new Map<string, () => number>();
  readonly #reconciles = new Counter({
    name: "skiff_controller_reconciles_total",
    help: "Reconciles by controller and outcome.",
    labelNames: ["controller", "outcome"],
    registers: [this.registry],
  });
  readonly #seconds = new Counter({
    name: "skiff_controller_reconcile_seconds_total",
    help: "Time spent in reconciles, waiting for the API included.",
    labelNames: ["controller"],
    registers: [this.registry],
  });

  constructor() {
    const depths = this.#depths;
    new Gauge({
      name: "skiff_controller_queue_depth",
      help: "Keys that wait for a reconcile.",
      labelNames: ["controller"],
      registers: [this.registry],
      collect() {
        for (const [controller, depth] of depths) this.set({ controller }, depth());
      },
    });
  }

  of(controller: string, depth: () => number): { observe(outcome: Outcome, milliseconds: number): void } {
    this.#depths.set(controller, depth);
    for (const outcome of outcomes) this.#reconciles.inc({ controller, outcome }, 0);
    this.#seconds.inc({ controller }, 0);
    return {
      observe: (outcome, milliseconds) => {
        this.#reconciles.inc({ controller, outcome });
        this.#seconds.inc({ controller }, milliseconds / 1000);
      },
    };
  }
}

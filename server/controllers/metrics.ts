import type { Result } from "./contract.ts";

type Outcome = Result["outcome"];

const outcomes = Object.keys(
  { done: 0, retry: 0, retryAfter: 0, terminal: 0 } satisfies Record<Outcome, 0>,
) as Outcome[];

/** One metric with its series, as `/metrics` shows it. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly values: () => readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

interface Counts {
  readonly depth: () => number;
  readonly reconciles: Record<Outcome, number>;
  seconds: number;
}

/** What the controllers count. All series exist from the start, at zero. */
export class ControllerMetrics {
  readonly #counts = new Map<string, Counts>();

  /** What one controller reports to; `depth` tells how many keys wait. */
  of(controller: string, depth: () => number): { observe(outcome: Outcome, milliseconds: number): void } {
    const counts: Counts = { depth, reconciles: { done: 0, retry: 0, retryAfter: 0, terminal: 0 }, seconds: 0 };
    this.#counts.set(controller, counts);
    return {
      observe(outcome, milliseconds) {
        counts.reconciles[outcome]++;
        counts.seconds += milliseconds / 1000;
      },
    };
  }

  families(): readonly MetricFamily[] {
    const each = (value: (counts: Counts) => number) => () =>
      [...this.#counts].map(([controller, counts]) => ({ labels: { controller }, value: value(counts) }));
    return [
      {
        name: "skiff_controller_reconciles_total",
        help: "Reconciles by controller and outcome.",
        type: "counter",
        values: () =>
          [...this.#counts].flatMap(([controller, { reconciles }]) =>
            outcomes.map((outcome) => ({ labels: { controller, outcome }, value: reconciles[outcome] }))
          ),
      },
      {
        name: "skiff_controller_reconcile_seconds_total",
        help: "Time spent in reconciles, waiting for the API included.",
        type: "counter",
        values: each(({ seconds }) => seconds),
      },
      {
        name: "skiff_controller_queue_depth",
        help: "Keys that wait for a reconcile.",
        type: "gauge",
        values: each(({ depth }) => depth()),
      },
    ];
  }
}

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { type Controller, DONE, type Result } from "./contract.ts";
import { ControllerMetrics } from "./metrics.ts";
import { prepareController, ReconcileTimeout } from "./runner.ts";

describe("prepareController", () => {
  let clock: ManualClock;
  let stop: AbortController;
  let metrics: ControllerMetrics;
  let ended: Promise<void>;

  beforeEach(() => {
    clock = new ManualClock();
    stop = new AbortController();
    metrics = new ControllerMetrics();
  });

  afterEach(async () => {
    stop.abort();
    await ended;
  });

  function start(reconcile: Controller["reconcile"], concurrency = 1) {
    let enqueue: (key: string, after?: number) => void = () => {};
    const controller: Controller = { name: "test", concurrency, setup: (add) => void (enqueue = add), reconcile };
    ended = prepareController(controller, { clock, signal: stop.signal, metrics, timeout: 1000 })();
    return (key: string, after?: number) => enqueue(key, after);
  }

  /** Answers the results in turn, `DONE` after the last; records when it ran. */
  function scripted(...results: (Result | Error)[]) {
    const runs: number[] = [];
    const began = clock.now();
    const reconcile = () => {
      runs.push(clock.now() - began);
      const result = results.shift() ?? DONE;
      return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
    };
    return { runs, reconcile };
  }

  function reconciles(): Record<string, number> {
    const family = metrics.families().find(({ name }) => name === "skiff_controller_reconciles_total");
    return Object.fromEntries((family?.values() ?? []).map(({ labels, value }) => [labels["outcome"], value]));
  }

  it("runs a key once for each time it was enqueued when done", async () => {
    const { runs, reconcile } = scripted();
    const enqueue = start(reconcile);
    enqueue("a");
    await clock.advance(1);
    await clock.advance(60_000);
    expect(runs).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("retries with a back-off that doubles, and starts anew after success", async () => {
    const retry: Result = { outcome: "retry", reason: "not yet" };
    const { runs, reconcile } = scripted(retry, new Error("broken"), retry, DONE, retry);
    const enqueue = start(reconcile);
    enqueue("a");
    await clock.advance(0);
    await clock.advance(100);
    expect(runs).toEqual([0, 5, 15, 35]);
    enqueue("a");
    await clock.advance(0);
    await clock.advance(100);
    expect(runs.slice(4)).toEqual([100, 105]);
  });

  it("runs again after as long as the reconcile says", async () => {
    const { runs, reconcile } = scripted({ outcome: "retryAfter", milliseconds: 30_000 });
    const enqueue = start(reconcile);
    enqueue("a");
    await clock.advance(0);
    await clock.advance(60_000);
    expect(runs).toEqual([0, 30_000]);
  });

  it("leaves a key alone that it gave up on", async () => {
    const { runs, reconcile } = scripted({ outcome: "terminal", reason: "hopeless" });
    const enqueue = start(reconcile);
    enqueue("a");
    await clock.advance(0);
    await clock.advance(1_000_000);
    expect(runs).toHaveLength(1);
  });

  it("aborts a reconcile that takes too long, with the cause, and goes on", async () => {
    const reasons: unknown[] = [];
    const enqueue = start((key, signal) =>
      key === "fast" ? Promise.resolve(DONE) : new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          reject(signal.reason);
        })
      )
    );
    enqueue("slow");
    enqueue("fast");
    await clock.advance(0);
    await clock.advance(1001);
    expect(reasons[0]).toBeInstanceOf(ReconcileTimeout);
    expect(reconciles()["done"]).toBe(1);
  });

  it("shows every series at zero before anything has happened", () => {
    start(scripted().reconcile);
    expect(reconciles()).toEqual({ done: 0, retry: 0, retryAfter: 0, terminal: 0 });
    const depth = metrics.families().find(({ name }) => name === "skiff_controller_queue_depth");
    expect(depth?.values()).toEqual([{ labels: { controller: "test" }, value: 0 }]);
  });
});

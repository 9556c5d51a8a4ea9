import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { isConflict, isNotFound, StatusError } from "../../api/status.ts";
import { WorkQueue } from "../../client/work_queue.ts";
import type { Controller, Result } from "./contract.ts";
import type { ControllerMetrics } from "./metrics.ts";

export interface RunnerOptions {
  readonly clock: Clock;
  /** Ends the controller: what is under way is aborted, what waits is dropped. */
  readonly signal: AbortSignal;
  readonly metrics: ControllerMetrics;
  /** Milliseconds that one reconcile may take; 120,000 when absent. */
  readonly timeout?: number;
}

/** The reason with which a reconcile is aborted that takes too long. */
export class ReconcileTimeout extends Error {
  readonly reason = "ReconcileTimeout";

  constructor(controller: string, key: string, milliseconds: number) {
    super(`controller ${controller} did not finish ${JSON.stringify(key)} within ${milliseconds} ms`);
    this.name = "ReconcileTimeout";
  }
}

const defaultTimeout = 120_000;
const logger = getLogger(["skiff", "controllers"]);

/**
 * Prepares a controller: its `setup` runs now, so that its informers are known before they start; the function that comes back starts the
 * work and resolves when the signal has aborted and the last reconcile has ended.
 *
 * What becomes of a key after its reconcile:
 *
 * | reconcile             | back-off | the key runs again                                   | log     |
 * |-----------------------|----------|------------------------------------------------------|---------|
 * | `done`                | reset    | when something enqueues it                           | nothing |
 * | `retryAfter`          | reset    | after the milliseconds, or sooner when enqueued      | nothing |
 * | `retry`               | doubles  | after the back-off, or sooner when enqueued          | debug   |
 * | `terminal`            | reset    | when something enqueues it                           | error   |
 * | throws a conflict     | doubles  | as `retry`: somebody else was faster                 | debug   |
 * | throws anything else  | doubles  | as `retry`; other keys and controllers are untouched | warning |
 * | exceeds its time      | doubles  | as `retry`, once it has obeyed its signal            | warning |
 * | the server stops      | -        | no more                                              | nothing |
 *
 * A key that was enqueued while it ran runs again at once, whatever the outcome.
 */
export function prepareController(controller: Controller, options: RunnerOptions): () => Promise<void> {
  const queue = new WorkQueue(options.clock);
  const metrics = options.metrics.of(controller.name, () => queue.length);
  controller.setup((key, afterMilliseconds) => queue.add(key, afterMilliseconds));
  return async () => {
    const runner = new Runner(controller, queue, options, metrics);
    const close = () => queue.close();
    options.signal.addEventListener("abort", close, { once: true });
    if (options.signal.aborted) close();
    await Promise.all(Array.from({ length: controller.concurrency }, () => runner.work()));
  };
}

class Runner {
  readonly #controller: Controller;
  readonly #queue: WorkQueue;
  readonly #options: RunnerOptions;
  readonly #metrics: ReturnType<ControllerMetrics["of"]>;

  constructor(
    controller: Controller,
    queue: WorkQueue,
    options: RunnerOptions,
    metrics: ReturnType<ControllerMetrics["of"]>,
  ) {
    this.#controller = controller;
    this.#queue = queue;
    this.#options = options;
    this.#metrics = metrics;
  }

  async work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      const start = performance.now();
      const result = await this.#reconcile(key);
      if (result !== undefined) {
        this.#metrics.observe(result.outcome, performance.now() - start);
        this.#settle(key, result);
      }
      this.#queue.done(key);
    }
  }

  /** Undefined when the server stops. */
  async #reconcile(key: string): Promise<Result | undefined> {
    const { clock, signal, timeout = defaultTimeout } = this.#options;
    const { name } = this.#controller;
    const stop = new AbortController();
    const cancel = clock.after(timeout, () => stop.abort(new ReconcileTimeout(name, key, timeout)));
    const onAbort = () => stop.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await this.#controller.reconcile(key, stop.signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      return this.#failed(key, error);
    } finally {
      cancel();
      signal.removeEventListener("abort", onAbort);
    }
  }

  #failed(key: string, error: unknown): Result {
    const { name } = this.#controller;
    const reason = error instanceof Error ? error.message : String(error);
    const facts = { controller: name, key, reason };
    // Two writers of one object are an everyday matter, as is a namespace that is being deleted.
    const everyday = isConflict(error) || isNotFound(error) || isNamespaceTerminating(error);
    if (everyday) logger.debug("{controller} tries {key} again: {reason}", facts);
    else if (error instanceof StatusError) logger.warn("{controller} failed at {key}: {reason}", facts);
    else logger.warn("{controller} failed at {key}: {error}", { ...facts, error });
    return { outcome: "retry", reason };
  }

  #settle(key: string, result: Result): void {
    if (result.outcome === "retry") {
      const milliseconds = this.#queue.retry(key);
      const facts = { controller: this.#controller.name, key, milliseconds, reason: result.reason };
      return logger.debug("{controller} tries {key} again in {milliseconds} ms: {reason}", facts);
    }
    this.#queue.forget(key);
    if (result.outcome === "retryAfter") this.#queue.add(key, Math.max(result.milliseconds, 1));
    if (result.outcome === "terminal") {
      const facts = { controller: this.#controller.name, key, reason: result.reason };
      logger.error("{controller} gives up on {key} until it changes: {reason}", facts);
    }
  }
}

/** The API refuses new objects in a namespace that is being deleted, and retrying cannot help. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof StatusError &&
    (error.status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") ?? false);
}

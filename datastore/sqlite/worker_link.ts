import { DatastoreError } from "../contract.ts";
import { QueryCounts } from "../mvcc/query_counts.ts";
import { logSlowQuery } from "../mvcc/slow_log.ts";
import { QUERY_NAMES } from "./query_names.ts";
import type { OpenArgument, WorkerCall, WorkerCalls, WorkerReply } from "./worker_protocol.ts";

/** Calls of those kinds that may wait for the thread; the others come one at a time. */
const WAITING_READS = 10_000;
const READS: ReadonlySet<string> = new Set<WorkerCall>(["get", "list", "count", "history", "growth", "usage"]);

interface Waiting {
  resolve(result: unknown): void;
  reject(error: DatastoreError): void;
}

/** What the store needs of it. */
export type EngineLink = Pick<WorkerLink, "call" | "counts" | "terminate">;

/** Calls the worker, in order. When the thread dies, every call that waits for it and every later one fails with `unavailable`. */
export class WorkerLink {
  /** What the thread counts. */
  readonly counts = new QueryCounts(QUERY_NAMES);
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #lost: DatastoreError | undefined;

  constructor(url: URL | string) {
    this.#worker = new Worker(url, { type: "module", name: "skiff-datastore" });
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#lose(`the datastore's thread failed: ${event.message}`);
    };
  }

  open(path: string): Promise<ReturnType<WorkerCalls["position"]>> {
    const argument: OpenArgument = { path, counts: this.counts.buffer };
    return this.#send("open", argument) as Promise<ReturnType<WorkerCalls["position"]>>;
  }

  call<C extends WorkerCall>(call: C, ...argument: Parameters<WorkerCalls[C]>): Promise<ReturnType<WorkerCalls[C]>> {
    return this.#send(call, argument[0]) as Promise<ReturnType<WorkerCalls[C]>>;
  }

  #send(call: WorkerCall | "open", argument: unknown): Promise<unknown> {
    if (this.#lost) return Promise.reject(this.#lost);
    if (this.#waiting.size >= WAITING_READS && READS.has(call)) {
      const message = `${this.#waiting.size} reads wait for the disk: it is too slow for them, try again later`;
      return Promise.reject(new DatastoreError("unavailable", message));
    }
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call, argument });
    });
  }

  #receive(reply: WorkerReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    this.#waiting.delete(reply.id);
    for (const [name, milliseconds] of reply.slow) logSlowQuery(name, milliseconds);
    if (reply.ok) waiting.resolve(reply.result);
    else waiting.reject(new DatastoreError(reply.reason, reply.message));
  }

  #lose(message: string): void {
    this.#lost ??= new DatastoreError("unavailable", message);
    for (const { reject } of this.#waiting.values()) reject(this.#lost);
    this.#waiting.clear();
  }

  terminate(): void {
    this.#worker.terminate();
    this.#lose("the datastore's thread was ended");
  }
}

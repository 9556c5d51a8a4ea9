import { getLogger } from "@logtape/logtape";
import { DatastoreError } from "../contract.ts";
import type { WorkerCall, WorkerCalls, WorkerReply } from "./worker_protocol.ts";

const logger = getLogger(["skiff", "datastore"]);
const SLOW_MILLISECONDS = 100;
/** Calls of those kinds that may wait for the thread; the others come one at a time. */
const WAITING_READS = 10_000;
const READS: ReadonlySet<string> = new Set<WorkerCall>(["get", "list", "count", "history", "keys", "usage"]);

interface Waiting {
  readonly call: string;
  resolve(result: unknown): void;
  reject(error: DatastoreError): void;
}

/** Calls the worker, in order. When the thread dies, every call that waits for it and every later one fails with `unavailable`. */
export class WorkerLink {
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
    return this.#send("open", path) as Promise<ReturnType<WorkerCalls["position"]>>;
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
      this.#waiting.set(id, { call, resolve, reject });
      this.#worker.postMessage({ id, call, argument });
    });
  }

  #receive(reply: WorkerReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    this.#waiting.delete(reply.id);
    if (!reply.ok) {
      waiting.reject(new DatastoreError(reply.reason, reply.message));
      return;
    }
    if (reply.milliseconds > SLOW_MILLISECONDS) {
      logger.warn("The datastore's {call} took {milliseconds} ms: is the disk slow?", {
        call: waiting.call,
        milliseconds: Math.round(reply.milliseconds),
      });
    }
    waiting.resolve(reply.result);
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

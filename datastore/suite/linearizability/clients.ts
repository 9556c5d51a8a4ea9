import type { Datastore, DatastoreError, Operation } from "../../contract.ts";
import { checkRegister, shownViolation } from "./check_register.ts";
import type { Call, RegisterOperation } from "./history.ts";

/** The calls of each key. */
export type History = Map<string, Call[]>;

/** What clients need of a store. They look at the first conflict alone, and delete nothing without an expectation. */
export type Registers = Pick<Datastore, "get" | "commit">;

export interface ClientsOptions {
  /** Each client has one of them for good. */
  readonly stores: readonly Registers[];
  readonly clients: number;
  readonly keys: readonly string[];
  readonly random: () => number;
  /** Milliseconds that a client rests after a call that failed, so that a store that is away is not asked ten thousand times. */
  readonly rest?: number;
}

/** Writes of which the contract says that they left nothing behind count as not called: if one did, a read sees a value that nobody wrote. */
const UNKNOWN = "unknownOutcome";

/**
 * Clients that read, write, swap and delete a few keys at once, and note what they did and saw. The moments are a counter's: each call and each return is
 * one tick, in the order in which this process saw them.
 */
export class Clients {
  readonly history: History = new Map();
  /** How often calls failed, by reason. */
  readonly failures = new Map<string, number>();
  /** Calls that succeeded. */
  completed = 0;
  readonly #options: ClientsOptions;
  readonly #revisions: Map<string, { value: string | undefined; revision: number }>[];
  #now = 0;
  #stopping = false;
  readonly #running: Promise<unknown>;

  constructor(options: ClientsOptions, calls = Infinity) {
    this.#options = options;
    for (const key of options.keys) this.history.set(key, []);
    this.#revisions = Array.from({ length: options.clients }, () => new Map());
    this.#running = Promise.all(this.#revisions.map((_, client) => this.#run(client, calls)));
  }

  /** The moment that is next. */
  get now(): number {
    return this.#now;
  }

  /** Resolves when each client has made its calls. */
  async finished(): Promise<void> {
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(client: number, calls: number): Promise<void> {
    const { stores, keys, random, rest = 0 } = this.#options;
    const store = stores[client % stores.length]!;
    for (let i = 0; i < calls && !this.#stopping; i++) {
      const key = keys[Math.floor(random() * keys.length)]!;
      const isRead = random() < 0.4;
      try {
        if (isRead) await this.#read(store, client, key);
        else await this.#write(store, client, key, `${client}-${i}`);
        this.completed++;
      } catch (error) {
        const { reason } = error as DatastoreError;
        if (reason === undefined) throw error;
        this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, rest));
      }
    }
  }

  async #read(store: Registers, client: number, key: string): Promise<void> {
    const called = this.#now++;
    const { item } = await store.get(key);
    this.#saw(client, key, item?.value, item?.modRevision ?? 0);
    this.#note(key, { client, called, returned: this.#now++, operation: { kind: "read", value: item?.value } });
  }

  /** A write as it comes, or a swap of what this client has last seen. */
  async #write(store: Registers, client: number, key: string, fresh: string): Promise<void> {
    const { random } = this.#options;
    const value = random() < 0.15 ? undefined : fresh;
    const known = random() < 0.6 ? this.#revisions[client]!.get(key) : undefined;
    // A deletion of nothing would be no write.
    if (value === undefined && known?.value === undefined) return await this.#read(store, client, key);
    const operation: RegisterOperation = known ? { kind: "swap", from: known.value, value } : { kind: "write", value };
    const condition = known ? { expect: known.revision } : {};
    const change: Operation = value === undefined
      ? { kind: "delete", key, ...condition }
      : { kind: "put", key, value, ...condition };
    const called = this.#now++;
    try {
      const result = await store.commit([change]);
      const returned = this.#now++;
      if (result.ok) {
        this.#saw(client, key, value, value === undefined ? 0 : result.revision);
        return this.#note(key, { client, called, returned, operation });
      }
      const { actual } = result.conflicts[0]!;
      this.#saw(client, key, actual?.value, actual?.modRevision ?? 0);
      this.#note(key, { client, called, returned, operation: { kind: "read", value: actual?.value } });
    } catch (error) {
      if ((error as DatastoreError).reason === UNKNOWN) {
        this.#note(key, { client, called, returned: Infinity, operation });
      }
      throw error;
    }
  }

  #saw(client: number, key: string, value: string | undefined, revision: number): void {
    this.#revisions[client]!.set(key, { value, revision });
  }

  #note(key: string, call: Call): void {
    this.history.get(key)!.push(call);
  }
}

/** Throws when the calls on a key cannot have happened one at a time. */
export function expectLinearizable(history: ReadonlyMap<string, readonly Call[]>): void {
  for (const [key, calls] of history) {
    const violation = checkRegister(calls);
    if (violation) throw new Error(`${key} is not linearizable: ${shownViolation(violation)}`);
  }
}

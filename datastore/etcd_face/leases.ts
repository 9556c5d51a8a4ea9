import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { Datastore, KeyRange, Operation } from "../contract.ts";
import { MAX_OPERATIONS } from "../contract.ts";
import { EtcdError, etcdError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { OWN_PREFIX, rangeOf } from "./keys.ts";
import { valueOf } from "./values.ts";

const logger = getLogger(["skiff", "datastore", "etcd-face"]);

const MAX_LEASES = 100_000;
/** As etcd's. */
const MAX_TTL_SECONDS = 9_000_000_000;
/** Timers of the runtime wait no longer than 2³¹ ms. */
const MAX_TIMER = 2_000_000_000;
const RETRY_MILLISECONDS = 1000;
const PAGE = 500;

const RECORDS = `${OWN_PREFIX}lease/`;
const RECORD_RANGE: KeyRange = { start: RECORDS, end: `${OWN_PREFIX}lease0` };

interface Lease {
  readonly id: string;
  /** Seconds. */
  readonly ttl: number;
  readonly keys: Set<string>;
  deadline: number;
  cancel: () => void;
}

/**
 * Leases, and the keys that hang on them. A lease is a record in the datastore (granting and revoking takes a revision, unlike in etcd), and each value
 * names its lease, so both outlive the process; the time to live then starts anew, as in etcd after a change of its leader.
 */
export class LeaseBook {
  readonly #datastore: Datastore;
  readonly #gate: Gate;
  readonly #clock: Clock;
  readonly #leases = new Map<string, Lease>();
  readonly #leaseOf = new Map<string, Lease>();
  #closed = false;

  constructor({ datastore, gate, clock }: { datastore: Datastore; gate: Gate; clock: Clock }) {
    this.#datastore = datastore;
    this.#gate = gate;
    this.#clock = clock;
  }

  /** Takes up the leases of an earlier process. To be called before anything else. */
  async load(): Promise<void> {
    const { items } = await this.#datastore.list(RECORD_RANGE);
    for (const { key, value } of items) this.#start(key.slice(RECORDS.length), Number(value));
    if (items.length > 0) await this.#loadKeys();
  }

  async #loadKeys(): Promise<void> {
    const { end } = rangeOf({ key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) });
    for (let start = RECORD_RANGE.end;;) {
      const { items, more } = await this.#datastore.list({ start, end }, { limit: PAGE });
      for (const { key, value } of items) this.noteWrite(key, valueOf(value).lease);
      if (!more) return;
      start = `${items.at(-1)!.key}\0`;
    }
  }

  /** Throws `leaseNotFound` unless there is one; "0" is none. */
  check(id: string): void {
    if (id !== "0" && !this.#leases.has(id)) throw etcdError("leaseNotFound");
  }

  /** The key was written with this lease, or deleted. Every write through the face comes here. */
  noteWrite(key: string, id: string): void {
    const [before, now] = [this.#leaseOf.get(key), this.#leases.get(id)];
    if (before === now) return;
    before?.keys.delete(key);
    now?.keys.add(key);
    if (now) this.#leaseOf.set(key, now);
    else this.#leaseOf.delete(key);
  }

  /** `id` "0" asks for a new one. */
  async grant(id: string, ttl: number): Promise<{ id: string; ttl: number; revision: number }> {
    if (ttl > MAX_TTL_SECONDS) throw etcdError("ttlTooLarge");
    if (this.#leases.size >= MAX_LEASES) {
      throw new EtcdError("resourceExhausted", `there are ${MAX_LEASES} leases, the most that are kept: revoke some`);
    }
    const name = id === "0" ? newId() : id;
    const seconds = Math.max(1, ttl);
    const put: Operation = { kind: "put", key: RECORDS + name, value: String(seconds), expect: 0 };
    const { ok, revision } = await this.#gate.shared(() => this.#datastore.commit([put]));
    if (!ok || this.#leases.has(name)) throw etcdError("leaseExists");
    this.#start(name, seconds);
    return { id: name, ttl: seconds, revision };
  }

  /** Deletes the lease and its keys. */
  async revoke(id: string): Promise<number> {
    return await this.#gate.alone(() => this.#revoke(this.#leases.get(id)));
  }

  /** Starts the time anew: the seconds left, 0 when there is no such lease. */
  keepAlive(id: string): number {
    const lease = this.#leases.get(id);
    if (!lease) return 0;
    lease.cancel();
    this.#arm(lease, lease.ttl * 1000);
    return lease.ttl;
  }

  /** Undefined when there is no such lease. `left` is in seconds, as `granted`. */
  timeToLive(id: string): { left: number; granted: number; keys: readonly string[] } | undefined {
    const lease = this.#leases.get(id);
    if (!lease) return undefined;
    const left = Math.max(0, Math.floor((lease.deadline - this.#clock.now()) / 1000));
    return { left, granted: lease.ttl, keys: [...lease.keys].sort() };
  }

  ids(): string[] {
    return [...this.#leases.keys()];
  }

  /** Nothing expires any more. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#leases.values()) cancel();
  }

  #start(id: string, ttl: number): void {
    const lease: Lease = { id, ttl, keys: new Set(), deadline: 0, cancel: () => {} };
    this.#leases.set(id, lease);
    this.#arm(lease, ttl * 1000);
  }

  #arm(lease: Lease, milliseconds: number): void {
    lease.deadline = this.#clock.now() + milliseconds;
    this.#wait(lease);
  }

  #wait(lease: Lease): void {
    if (this.#closed) return;
    const left = lease.deadline - this.#clock.now();
    if (left > 0) lease.cancel = this.#clock.after(Math.min(left, MAX_TIMER), () => this.#wait(lease));
    else void this.#expire(lease);
  }

  async #expire(lease: Lease): Promise<void> {
    try {
      await this.#gate.alone(async () => {
        // It may have been kept alive, or revoked, while it waited for its turn.
        const isOver = this.#leases.get(lease.id) === lease && lease.deadline <= this.#clock.now();
        if (isOver && !this.#closed) await this.#revoke(lease);
      });
    } catch (error) {
      if (this.#closed) return;
      logger.warn("Lease {id} is over and its keys cannot be deleted: {error}", { id: lease.id, error });
      this.#arm(lease, RETRY_MILLISECONDS);
    }
  }

  /** All keys at one revision where these fit into one commit. */
  async #revoke(lease: Lease | undefined): Promise<number> {
    if (!lease) throw etcdError("leaseNotFound");
    const keys = [...lease.keys];
    for (;;) {
      const some = keys.splice(0, MAX_OPERATIONS - 1);
      const operations: Operation[] = await Array.fromAsync(some, (key) => this.#deletion(key, lease)).then((all) =>
        all.filter((operation) => operation !== undefined)
      );
      if (keys.length === 0) operations.push({ kind: "delete", key: RECORDS + lease.id });
      const { ok, revision } = await this.#datastore.commit(operations);
      // Somebody beside this face has written one of them.
      if (!ok) return await this.#revoke(lease);
      for (const key of some) this.noteWrite(key, "0");
      if (keys.length > 0) continue;
      lease.cancel();
      this.#leases.delete(lease.id);
      return revision;
    }
  }

  /** Undefined when the key does not hang on the lease any more. */
  async #deletion(key: string, lease: Lease): Promise<Operation | undefined> {
    const { item } = await this.#datastore.get(key);
    if (!item || valueOf(item.value).lease !== lease.id) return undefined;
    return { kind: "delete", key, expect: item.modRevision };
  }
}

/** Positive, of 53 bits. */
function newId(): string {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return String((high! & 0x1fffff) * 2 ** 32 + low! + 1);
}

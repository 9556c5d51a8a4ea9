// @ts-types="./pg.d.ts"
import pg, { type Pool } from "pg";
import { type CallOptions, DatastoreError } from "../contract.ts";
import { abortable } from "../mvcc/abortable.ts";
import type { QueryCounts } from "../mvcc/query_counts.ts";
import { logSlowQuery } from "../mvcc/slow_log.ts";
import { type Address, configOf, type Parameter, type Row, statement, type StatementName } from "./connection.ts";
import { datastoreError, isConnectionError } from "./errors.ts";

const CONNECTIONS = 4;
/** A read may wait so long for a database that is away. */
const PATIENCE_MILLISECONDS = 10_000;
const PAUSE_MILLISECONDS = 100;

/** Where the store stood when something was read. */
export interface Position {
  readonly revision: number;
  readonly compacted: number;
  /** Reads below it may find rows missing. */
  readonly removed: number;
}

export interface Found {
  readonly position: Position;
  readonly rows: readonly Row[];
}

/** Reads over a few connections, tried again when these break. Each sees one moment of the store. */
export class Reads {
  readonly #pool: Pool;
  readonly #counts: QueryCounts;

  constructor(address: Address) {
    this.#counts = address.counts;
    this.#pool = new pg.Pool({ ...configOf(address), max: CONNECTIONS, idleTimeoutMillis: 60_000 });
    // An idle connection that breaks is replaced by the next call.
    this.#pool.on("error", () => {});
  }

  async find(name: StatementName, parameters: readonly Parameter[], options: CallOptions = {}): Promise<Found> {
    const all = await this.rows(name, parameters, options);
    const [revision, compacted, removed] = all[0] as [number, number, number];
    const rows = all.filter((row) => row.length > 3 && row[3] !== null).map((row) => row.slice(3));
    return { position: { revision, compacted, removed }, rows };
  }

  rows(name: StatementName, parameters: readonly Parameter[], options: CallOptions = {}): Promise<readonly Row[]> {
    return abortable(this.#patiently(name, parameters, options), options);
  }

  async #patiently(name: StatementName, parameters: readonly Parameter[], { signal }: CallOptions): Promise<Row[]> {
    const deadline = Date.now() + PATIENCE_MILLISECONDS;
    for (;;) {
      signal?.throwIfAborted();
      try {
        const query = () => this.#pool.query(statement(name, parameters));
        return (await this.#counts.time(name, query, logSlowQuery)).rows;
      } catch (error) {
        if (this.#pool.ending) throw new DatastoreError("closed", "the datastore was closed");
        if (!isConnectionError(error) || Date.now() >= deadline) throw datastoreError(error);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

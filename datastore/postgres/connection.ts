// @ts-types="./pg.d.ts"
import pg, { type Client, type ClientConfig, type Query } from "pg";
import type { TlsFiles, TlsPems } from "../tls_files.ts";
import type { QueryCounts } from "../mvcc/query_counts.ts";
import { logSlowQuery } from "../mvcc/slow_log.ts";
import { STATEMENTS } from "./statements.generated.ts";

export type Row = readonly unknown[];
export type StatementName = keyof typeof STATEMENTS;
/** A transaction's end is counted like a query: it waits for the disk. */
const COMMIT = "commit";

/** What is counted of a store. */
export const QUERY_NAMES: readonly string[] = [...Object.keys(STATEMENTS), COMMIT];

export type Parameter = string | number | null | readonly (string | number)[];

/** Whoever holds the writers' lock and does not go on loses it, and whoever waits for it gives up. */
const SESSION = {
  statement_timeout: 30_000,
  lock_timeout: 8000,
  idle_in_transaction_session_timeout: 5000,
};

const CONNECT_MILLISECONDS = 5000;
const CALL_MILLISECONDS = 35_000;

export interface Address {
  /** `postgres://…`, without our own parameters. */
  readonly url: string;
  readonly schema: string;
  /** Where its queries are counted. */
  readonly counts: QueryCounts;
  readonly tls?: TlsFiles;
}

/** 8-byte numbers as numbers: row ids stay below 2^53. Everything else that the statements return is text or smaller. */
const TYPES = { getTypeParser: (oid: number) => [20, 21, 23].includes(oid) ? Number : String };

export function configOf({ url, schema, tls }: Address): ClientConfig {
  return {
    connectionString: url,
    ...tls && { ssl: following(tls) },
    application_name: "skiff",
    options: `-c search_path=${schema} -c synchronous_commit=on`,
    ...SESSION,
    query_timeout: CALL_MILLISECONDS,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: TYPES,
  };
}

/** pg, its pool too, asks this object for each connection. */
function following(tls: TlsFiles): TlsPems {
  return {
    get ca() {
      return tls.current().ca;
    },
    get cert() {
      return tls.current().cert;
    },
    get key() {
      return tls.current().key;
    },
  };
}

/** A prepared statement, as `query` takes it. */
export function statement(name: StatementName, parameters: readonly Parameter[]): Query {
  return { name, text: STATEMENTS[name], values: [...parameters], rowMode: "array" };
}

/** A connection for one purpose. `lost` is called once when it ends without {@linkcode Connection.close}. */
export class Connection {
  readonly #client: Client;
  readonly #counts: QueryCounts;
  #ended = false;

  private constructor(client: Client, counts: QueryCounts) {
    this.#client = client;
    this.#counts = counts;
  }

  /** `pipeline`: calls are sent without waiting for the answers to those before. */
  static async open(
    address: Address,
    { lost, notified, pipeline = false }: {
      lost(): void;
      notified?(notification: { processId: number; payload: string }): void;
      pipeline?: boolean;
    },
  ): Promise<Connection> {
    const client = new pg.Client({ ...configOf(address), pipeline });
    const connection = new Connection(client, address.counts);
    const end = () => {
      if (connection.#ended) return;
      connection.#ended = true;
      lost();
    };
    client.on("error", end);
    client.on("end", end);
    if (notified) {
      client.on("notification", ({ processId, payload = "" }) => notified({ processId, payload }));
    }
    try {
      await client.connect();
    } catch (error) {
      connection.#ended = true;
      throw error;
    }
    return connection;
  }

  /** The server's number of this connection, which its notifications bear. */
  get processId(): number {
    return this.#client.processID;
  }

  get isLost(): boolean {
    return this.#ended;
  }

  async run(name: StatementName, ...parameters: Parameter[]): Promise<readonly Row[]> {
    const { rows } = await this.#counts.time(name, () => this.#client.query(statement(name, parameters)), logSlowQuery);
    return rows;
  }

  /** A command without parameters; what the server calls what it did. */
  async command(text: string): Promise<string> {
    const run = () => this.#client.query(text);
    return (text === COMMIT ? await this.#counts.time(COMMIT, run, logSlowQuery) : await run()).command;
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#client.end().catch(() => {});
  }
}

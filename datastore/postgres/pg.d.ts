/**
 * What of `pg` this engine uses. Its published types bring Node's own along, which then stand in for Deno's in the whole program.
 */
export interface ClientConfig {
  readonly connectionString: string;
  readonly ssl?: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
  readonly application_name: string;
  /** What the server is told at the start of a session. */
  readonly options: string;
  readonly statement_timeout: number;
  readonly lock_timeout: number;
  readonly idle_in_transaction_session_timeout: number;
  readonly query_timeout: number;
  readonly connectionTimeoutMillis: number;
  readonly keepAlive: boolean;
  readonly keepAliveInitialDelayMillis: number;
  readonly types: { getTypeParser(oid: number): (text: string) => unknown };
  /** Send queries without waiting for the answers to those before. */
  readonly pipeline?: boolean;
}

export interface PoolConfig extends ClientConfig {
  readonly max: number;
  readonly idleTimeoutMillis: number;
}

/** A prepared statement, whose rows come as arrays. */
export interface Query {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
  readonly rowMode: "array";
}

export interface Result {
  readonly rows: unknown[][];
  /** What was done, such as `COMMIT`. */
  readonly command: string;
}

declare class Client {
  constructor(config: ClientConfig);
  /** The server's number of the session. */
  readonly processID: number;
  connect(): Promise<void>;
  query(query: Query | string): Promise<Result>;
  on(event: "error" | "end", listener: () => void): void;
  on(event: "notification", listener: (message: { processId: number; payload?: string }) => void): void;
  end(): Promise<void>;
}

declare class Pool {
  constructor(config: PoolConfig);
  readonly ending: boolean;
  query(query: Query): Promise<Result>;
  on(event: "error", listener: () => void): void;
  end(): Promise<void>;
}

declare const pg: { readonly Client: typeof Client; readonly Pool: typeof Pool };
export type { Client, Pool };
export default pg;

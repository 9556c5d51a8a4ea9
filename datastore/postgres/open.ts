import { type Datastore, DatastoreError } from "../contract.ts";
import { TlsFiles } from "../tls_files.ts";
import { DEFAULT_RING, type HistoryLimits } from "../mvcc/history.ts";
import { QueryCounts } from "../mvcc/query_counts.ts";
import { type Address, Connection, QUERY_NAMES, type Row } from "./connection.ts";
import { datastoreError } from "./errors.ts";
import { PostgresDatastore } from "./postgres_datastore.ts";
import { Reads } from "./reads.ts";
import { DEFAULT_SCHEMA, SCHEMA_VERSION, TABLES } from "./schema.ts";

/** The first with `pg_xact_status` and `xid8`. */
const LEAST_VERSION = 130_000;

export interface PostgresOptions {
  /**
   * `postgres://user:password@host:port/database`, or `postgres:///database?host=/directory` for a socket. Its parameters are libpq's
   * (`sslmode` …), and `schema`: where in the database the store lies, `skiff` when absent.
   */
  readonly url: string;
  /** PEM files for TLS: whom to trust, and who we are, read anew for each connection. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** How many of the newest changes are kept in memory for watches to start from. */
  readonly ring?: HistoryLimits;
}

/**
 * Opens the store in a PostgreSQL 13 or newer, and makes it when it is not there. Several processes may open the same one. Rejects with
 * `invalidArgument`, `unavailable` or what the database refuses.
 */
export async function openPostgres(options: PostgresOptions): Promise<Datastore> {
  const address = addressOf(options);
  await prepare(address);
  const reads = new Reads(address);
  let store: PostgresDatastore | undefined;
  try {
    const { position } = await reads.find("position", []);
    store = new PostgresDatastore({
      address,
      channel: `skiff_${address.schema}`,
      reads,
      position,
      ring: options.ring ?? DEFAULT_RING,
    });
    await store.start();
    return store;
  } catch (error) {
    await (store ?? reads).close();
    throw datastoreError(error);
  }
}

function addressOf({ url, caFile, certFile, keyFile }: PostgresOptions): Address {
  const parsed = URL.parse(url);
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    // The rest may hold a password.
    throw new DatastoreError(
      "invalidArgument",
      "PostgreSQL's address must be postgres://user:password@host:port/database",
    );
  }
  const schema = parsed.searchParams.get("schema") ?? DEFAULT_SCHEMA;
  if (!/^[a-z_][a-z0-9_]{0,50}$/.test(schema)) {
    throw new DatastoreError(
      "invalidArgument",
      `PostgreSQL's schema ${JSON.stringify(schema)}: give up to 51 of a-z, 0-9 and _, a letter first`,
    );
  }
  parsed.searchParams.delete("schema");
  const files = { caFile, certFile, keyFile };
  const tls = Object.values(files).some(Boolean) ? TlsFiles.open("PostgreSQL", files) : undefined;
  return { url: parsed.href, schema, counts: new QueryCounts(QUERY_NAMES), ...tls && { tls } };
}

/** Makes the tables, if they are missing; of processes that start together, one after the other. */
async function prepare(address: Address): Promise<void> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.open(address, { lost: () => {} });
    const [server] = await connection.run("server", address.schema);
    checkServer(server!);
    await connection.command("begin");
    await connection.command(`select pg_advisory_xact_lock(hashtext('skiff_${address.schema}'))`);
    // Asked for only when it is needed: creating schemas is a right of its own.
    if (server![2] === null) await connection.command(`create schema if not exists ${address.schema}`);
    for (const statement of TABLES) await connection.command(statement);
    const [[version] = []] = await connection.run("schemaVersion");
    if (version !== SCHEMA_VERSION) {
      throw new DatastoreError(
        "unavailable",
        `the store in PostgreSQL's schema ${address.schema} has version ${version}, this program knows ${SCHEMA_VERSION}: run the version that wrote it`,
      );
    }
    await connection.command("commit");
  } catch (error) {
    throw datastoreError(error);
  } finally {
    await connection?.close();
  }
}

function checkServer([version, encoding]: Row): void {
  if (Number(version) < LEAST_VERSION) {
    throw new DatastoreError(
      "unavailable",
      `PostgreSQL's version is ${version}: 13 (${LEAST_VERSION}) or newer is needed`,
    );
  }
  if (encoding !== "UTF8") {
    throw new DatastoreError("invalidArgument", `the database's encoding is ${encoding}: create one with UTF8`);
  }
}

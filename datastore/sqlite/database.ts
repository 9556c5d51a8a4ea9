import { DatabaseSync, type DatabaseSyncOptions, type SQLInputValue, type StatementSync } from "node:sqlite";
import { DatastoreError } from "../contract.ts";
import { datastoreError, lockHolder } from "./errors.ts";
import { APPLICATION_ID, PRAGMAS, SCHEMA_VERSION, TABLES } from "./schema.ts";
import { STATEMENTS } from "./statements.generated.ts";

export type Row = readonly SQLInputValue[];
export type StatementName = keyof typeof STATEMENTS;

/** The open file with its prepared statements; every row is an array, in the order of the statement's columns. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(db: DatabaseSync, readonly path: string) {
    this.#db = db;
  }

  /** Opens or makes the file. Throws `locked`, `corrupt`, `readOnly`, `storageFull` or `unavailable`. */
  static open(path: string): Database {
    let db: DatabaseSync | undefined;
    try {
      // Secrets lie in it. SQLite gives the same mode to the files it makes beside it.
      Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 }).close();
      db = new DatabaseSync(path, { returnArrays: true } as DatabaseSyncOptions);
      const database = new Database(db, path);
      for (const pragma of PRAGMAS) database.pragma(pragma);
      database.#prepareSchema();
      return database;
    } catch (error) {
      db?.close();
      throw openError(error, path);
    }
  }

  #prepareSchema(): void {
    const [application] = this.pragma("PRAGMA application_id")!;
    const [version] = this.pragma("PRAGMA user_version")!;
    const [objects] = this.pragma("SELECT count(*) FROM sqlite_schema")!;
    if (application === 0 && objects === 0) {
      this.transaction(() => {
        for (const statement of TABLES) this.pragma(statement);
      });
    } else if (application !== APPLICATION_ID) {
      throw new DatastoreError("corrupt", `${this.path} is a database of another program: move it away`);
    } else if (version !== SCHEMA_VERSION) {
      throw new DatastoreError(
        "unavailable",
        `${this.path} has schema version ${version}, this program knows ${SCHEMA_VERSION}: run the version that wrote it`,
      );
    }
  }

  /** Runs a statement that has no rows. */
  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** Runs a statement that is needed once; its first row. */
  pragma(sql: string): Row | undefined {
    return this.#db.prepare(sql).get() as unknown as Row | undefined;
  }

  #statement(name: StatementName): StatementSync {
    let statement = this.#statements.get(name);
    if (!statement) {
      statement = this.#db.prepare(STATEMENTS[name]);
      this.#statements.set(name, statement);
    }
    return statement;
  }

  row(name: StatementName, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#statement(name).get(...parameters) as unknown as Row | undefined;
  }

  rows(name: StatementName, ...parameters: SQLInputValue[]): Iterable<Row> {
    return this.#statement(name).iterate(...parameters) as unknown as Iterable<Row>;
  }

  run(name: StatementName, ...parameters: SQLInputValue[]): void {
    this.#statement(name).run(...parameters);
  }

  begin(): void {
    this.#db.exec("BEGIN IMMEDIATE");
  }

  /** Returns after the log was synchronised with the disk. */
  commit(): void {
    const name = "COMMIT";
    let statement = this.#statements.get(name);
    // Prepared, because `exec` does not report the error's code.
    if (!statement) this.#statements.set(name, statement = this.#db.prepare(name));
    statement.run();
  }

  rollback(): void {
    // Some errors, such as a full disk, have ended the transaction by themselves.
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
  }

  transaction<T>(body: () => T): T {
    this.begin();
    try {
      const result = body();
      this.commit();
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }
}

function openError(error: unknown, path: string): DatastoreError {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
    return new DatastoreError("unavailable", `${path}: ${error.message}`, { cause: error });
  }
  const { code, message } = error as { code?: string; message?: string };
  if (code === "EROFS") return new DatastoreError("readOnly", `${path}: ${message}`, { cause: error });
  const known = datastoreError(error, path);
  if (known.reason !== "locked") return known;
  const pid = lockHolder(path);
  const holder = pid === undefined ? "another process" : pid === Deno.pid ? "this process itself" : `process ${pid}`;
  return new DatastoreError("locked", `${path} is open in ${holder}: stop that one first`, { cause: error });
}

import { DatabaseSync, type DatabaseSyncOptions, type SQLInputValue, type StatementSync } from "node:sqlite";
import { DatastoreError } from "../contract.ts";
import { datastoreError, lockHolder, systemReason } from "./errors.ts";
import { type QueryCounts, SLOW_MILLISECONDS } from "../mvcc/query_counts.ts";
import { COMMIT } from "./query_names.ts";
import { APPLICATION_ID, IDENTITY, PRAGMAS, SCHEMA_VERSION, TABLES } from "./schema.ts";
import { STATEMENTS } from "./statements.generated.ts";

export type Row = readonly SQLInputValue[];
export type StatementName = keyof typeof STATEMENTS;

/** The slowest queries of one call that are told of. */
const SLOW_QUERIES = 5;

/** Pages (of 4 KB) in the write-ahead log from which on they are moved into the file. Many at once would make a writer wait; few would write hot pages often. */
const LOG_PAGES = 200;

export type SlowQuery = readonly [name: string, milliseconds: number];

/**
 * The open file with its prepared statements; every row is an array, in the order of the statement's columns. A file that has lost its file system
 * can be left and opened anew: in between every call throws `unavailable`.
 */
export class Database {
  /** Undefined while the file is gone. */
  #handle: DatabaseSync | undefined;
  /** The file that is open, as the kernel tells it from others. */
  #file: string | undefined;
  #gone: DatastoreError | undefined;
  readonly #statements = new Map<string, StatementSync>();

  readonly #counts: QueryCounts;
  #slow: SlowQuery[] = [];
  /** Whether something was committed since the log was last looked at. */
  #logged = false;

  private constructor(readonly path: string, counts: QueryCounts) {
    this.#counts = counts;
  }

  /** Opens or makes the file. Throws `locked`, `corrupt`, `readOnly`, `storageFull` or `unavailable`. */
  static open(path: string, counts: QueryCounts): Database {
    const database = new Database(path, counts);
    try {
      createFile(path);
      database.#open();
      return database;
    } catch (error) {
      database.close();
      throw openError(error, path);
    }
  }

  #open(): void {
    this.#handle = new DatabaseSync(this.path, { returnArrays: true } as DatabaseSyncOptions);
    this.#file = fileAt(this.path);
    for (const pragma of PRAGMAS) this.pragma(pragma);
    this.#prepareSchema();
    const known = this.pragma("SELECT 1 FROM mark WHERE name = 'identity'");
    if (!known) this.pragma(IDENTITY);
  }

  get #db(): DatabaseSync {
    if (this.#handle) return this.#handle;
    throw this.#gone ?? new DatastoreError("closed", `${this.path} was closed`);
  }

  /** Whether the path no longer leads to the file that is open: its file system was unmounted, or another one mounted in its place. */
  get isGone(): boolean {
    return this.#handle === undefined || fileAt(this.path) !== this.#file;
  }

  /**
   * Lets go of the file, so that its file system can be repaired, and opens the one that now is at the path, if there is one. It is left again when `check` throws,
   * and the error is everybody's until a later attempt.
   */
  reopen(check: () => void): void {
    this.close();
    try {
      if (fileAt(this.path) === undefined) {
        throw new DatastoreError("unavailable", `${this.path} is gone: mount its file system again`);
      }
      this.#open();
      check();
      this.#gone = undefined;
    } catch (error) {
      this.close();
      this.#gone = openError(error, this.path);
      throw this.#gone;
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

  /** Runs a statement that is no query; its first row. */
  pragma(sql: string): Row | undefined {
    return this.#prepared(sql, sql).get() as unknown as Row | undefined;
  }

  #statement(name: StatementName): StatementSync {
    return this.#prepared(name, STATEMENTS[name]);
  }

  /** Each is prepared once: a statement that nobody needs any more keeps its memory until the next garbage collection, which does not see it. */
  #prepared(name: string, sql: string): StatementSync {
    let statement = this.#statements.get(name);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(name, statement);
    }
    return statement;
  }

  /** The slow queries since the last call, oldest first. */
  takeSlow(): readonly SlowQuery[] {
    return this.#slow.splice(0);
  }

  #timed<T>(name: string, body: () => T): T {
    const start = performance.now();
    let failed = true;
    try {
      const result = body();
      failed = false;
      return result;
    } finally {
      this.#observe(name, performance.now() - start, failed);
    }
  }

  #observe(name: string, milliseconds: number, failed: boolean): void {
    this.#counts.observe(name, milliseconds, failed);
    if (milliseconds >= SLOW_MILLISECONDS && this.#slow.length < SLOW_QUERIES) this.#slow.push([name, milliseconds]);
  }

  row(name: StatementName, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#timed(name, () => this.#statement(name).get(...parameters)) as unknown as Row | undefined;
  }

  all(name: StatementName, ...parameters: SQLInputValue[]): readonly Row[] {
    return this.#timed(name, () => this.#statement(name).all(...parameters)) as unknown as Row[];
  }

  /**
   * One row after the other, for large values. Deno's iterator takes an error for the end (2.9.5; damaged pages are silently left out): who
   * comes to the end must look with {@linkcode assertNone} whether it was one.
   */
  *rows(name: StatementName, ...parameters: SQLInputValue[]): Iterable<Row> {
    const start = performance.now();
    let failed = true;
    try {
      yield* this.#statement(name).iterate(...parameters) as unknown as Iterable<Row>;
      failed = false;
    } finally {
      this.#observe(name, performance.now() - start, failed);
    }
  }

  /** Throws unless the statement has no rows: what a `rows` that went to its end left out, or the error that ended it. */
  assertNone(name: StatementName, ...parameters: SQLInputValue[]): void {
    if (this.all(name, ...parameters).length > 0) {
      throw new DatastoreError("unavailable", `${this.path}: a read ended early, try again`);
    }
  }

  run(name: StatementName, ...parameters: SQLInputValue[]): void {
    this.#timed(name, () => this.#statement(name).run(...parameters));
  }

  begin(): void {
    this.#db.exec("BEGIN IMMEDIATE");
  }

  /** Returns after the log was synchronised with the disk. */
  commit(): void {
    // Prepared, because `exec` does not report the error's code.
    const statement = this.#prepared(COMMIT, "COMMIT");
    this.#timed(COMMIT, () => statement.run());
    this.#logged = true;
  }

  rollback(): void {
    // Some errors, such as a full disk, have ended the transaction by themselves.
    if (this.#handle?.isTransaction) this.#handle.exec("ROLLBACK");
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

  /** Moves into the file what a crash has left in the write-ahead log: crashes in a row must not let it grow. */
  emptyLog(): void {
    try {
      this.pragma("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // The disk is full or read-only, say: the log is as good as the file, and the next checkpoint goes on.
    }
  }

  /**
   * Moves the write-ahead log into the file when it is long enough. By itself SQLite does that within a commit, at 1000 pages: here it
   * happens after the commit was answered, and is over sooner.
   */
  shortenLog(): void {
    if (!this.#logged || !this.#handle || this.#handle.isTransaction) return;
    this.#logged = false;
    const [, logged, moved] = this.pragma("PRAGMA wal_checkpoint(NOOP)") as [number, number, number];
    if (logged - moved < LOG_PAGES) return;
    try {
      this.pragma("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // As in emptyLog.
    }
  }

  close(): void {
    this.#statements.clear();
    this.#handle?.close();
    this.#handle = undefined;
  }
}

/** Device and inode of the file at the path; undefined when there is none, or its file system does not answer. */
function fileAt(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/**
 * Secrets lie in it: it is its owner's only, as are the files that SQLite makes beside it. A file that is there must not be opened: closing it
 * would release the locks that this process already has on it.
 */
function createFile(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

function openError(error: unknown, path: string): DatastoreError {
  const reason = systemReason(error);
  if (reason) return new DatastoreError(reason, `${path}: ${(error as Error).message}`, { cause: error });
  const known = datastoreError(error, path);
  if (known.reason !== "locked") return known;
  const pid = lockHolder(path);
  const holder = pid === undefined ? "another process" : pid === Deno.pid ? "this process itself" : `process ${pid}`;
  return new DatastoreError("locked", `${path} is open in ${holder}: stop that one first`, { cause: error });
}

import type { SQLInputValue } from "node:sqlite";
import { revisionOf } from "../mvcc/row_id.ts";
import type { Database } from "./database.ts";
import { isDiskTrouble, Outage } from "./outage.ts";

/** The parameters of the statement `insert`. */
export type LogRow = readonly SQLInputValue[];

/** What may be held: more goes to the disk at once. It is in memory twice, here and in SQLite's cache of 2 MB. */
const HELD_ROWS = 2000;
const HELD_BYTES = 1024 * 1024;
const ROW_OVERHEAD = 100;

/**
 * Transactions on the log, some of which are held: they leave SQLite's transaction open, in which everybody on this connection sees them, and the
 * next one that is not held takes them to the disk in one go. So the file always has a beginning of the history, never a later commit without an earlier.
 *
 * An error may end SQLite's transaction, and the held rows with it: they are kept here and inserted again.
 */
export class Transactions {
  readonly #db: Database;
  #held: LogRow[] = [];
  #bytes = 0;
  /** Whether the held rows have to be inserted again. */
  #lost = false;
  /** Rows that the running transaction has inserted. */
  #inserted: LogRow[] = [];

  #outage: Outage | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Since a write has failed because of the disk, until one succeeds. */
  get outage(): Outage | undefined {
    return this.#outage;
  }

  /** How many rows are held. */
  get held(): number {
    return this.#held.length;
  }

  /** The first revision that is held. */
  get firstHeld(): number | undefined {
    const first = this.#held[0];
    return first && revisionOf(first[0] as number);
  }

  /** The file was opened anew: what is held is not in it. */
  reopened(): void {
    this.#lost = this.#held.length > 0;
  }

  /** Whether no more may be held. */
  get full(): boolean {
    return this.#held.length >= HELD_ROWS || this.#bytes >= HELD_BYTES;
  }

  /** Inserts into the log; within a transaction. */
  insert(...row: LogRow): void {
    this.#db.run("insert", ...row);
    this.#inserted.push(row);
  }

  /** When it returns, `body`'s changes and all that was held are on the disk; when it throws, nothing of `body` has happened and what was held is held. */
  durable<T>(body: () => T): T {
    return this.#run(body, () => {
      this.#db.commit();
      this.#outage = undefined;
      this.#held = [];
      this.#bytes = 0;
    });
  }

  /** `body`, whose only changes are inserts, is done, but not on the disk. */
  hold<T>(body: () => T): T {
    return this.#run(body, () => {
      for (const row of this.#inserted) {
        this.#held.push(row);
        this.#bytes += ROW_OVERHEAD + (row[1] as string).length + (row.at(-1) as string).length;
      }
      if (this.#held.length === 0) this.#db.rollback();
    });
  }

  #run<T>(body: () => T, finish: () => void): T {
    this.#inserted = [];
    try {
      this.recover();
      if (this.#held.length === 0) this.#db.begin();
      const result = body();
      finish();
      return result;
    } catch (error) {
      if (isDiskTrouble(error)) this.#outage ??= new Outage(performance.now());
      this.#undo();
      throw error;
    } finally {
      this.#inserted = [];
    }
  }

  /** Undoes everything, since a failed write leaves SQLite's transaction in doubt; the held rows then come back. */
  #undo(): void {
    this.#db.rollback();
    this.#lost = this.#held.length > 0;
    try {
      this.recover();
    } catch {
      // The next call tries again, and is told when it fails.
    }
  }

  /** Before any call: inserts the held rows again if an error took them. */
  recover(): void {
    if (!this.#lost) return;
    this.#db.begin();
    try {
      for (const row of this.#held) this.#db.run("insert", ...row);
      this.#lost = false;
    } catch (error) {
      this.#db.rollback();
      throw error;
    }
  }
}

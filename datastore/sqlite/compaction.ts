import { lastId } from "../mvcc/row_id.ts";
import type { Database } from "./database.ts";
import { markOf } from "./marks.ts";
import type { Transactions } from "./transactions.ts";

/**
 * A step of a compaction looks at as many rows, within these bounds, as keep writers waiting for about so long, the disk not counted; but always at
 * more than were written since the step before, or a compaction would never overtake its writers.
 */
const SWEEP_ROWS = { least: 32, first: 256, most: 2048 };
const SWEEP_MILLISECONDS = 10;
const SWEEP_LEAD = 2;
const VACUUM_PAGES = 256;
/** Free pages that a file keeps for what comes: at least these (1 MB), or a fifth of it. */
const SPARE_PAGES = 256;

/** Removes what nobody may read any more, and gives its room back: in steps, each of them one short transaction, so that commits need not wait long. */
export class Compaction {
  readonly #db: Database;
  readonly #transactions: Transactions;
  #sweepRows = SWEEP_ROWS.first;
  /** Rows that were written since the last step; undefined when no compaction is under way. */
  #writtenRows: number | undefined;

  constructor(db: Database, transactions: Transactions) {
    this.#db = db;
    this.#transactions = transactions;
  }

  /** A row has been written. */
  written(): void {
    if (this.#writtenRows !== undefined) this.#writtenRows++;
  }

  /** One step of removing what only reads below `revision` could see. `done` when nothing is left to do. */
  sweep(revision: number): { done: boolean } {
    const rows = Math.max(this.#sweepRows, SWEEP_LEAD * (this.#writtenRows ?? 0));
    let milliseconds = 0;
    const done = this.#transactions.durable(() => {
      const start = performance.now();
      const done = this.#sweepStep(lastId(revision), rows);
      milliseconds = performance.now() - start;
      return done;
    });
    this.#writtenRows = done ? undefined : 0;
    const wanted = Math.round(rows * SWEEP_MILLISECONDS / Math.max(milliseconds, 1));
    // At most doubled: one quick step does not foretell the next.
    this.#sweepRows = Math.min(Math.max(wanted, SWEEP_ROWS.least), this.#sweepRows * 2, SWEEP_ROWS.most);
    return { done };
  }

  #sweepStep(through: number, rows: number): boolean {
    const swept = markOf(this.#db, "swept");
    const superseding = this.#db.all("superseding", swept, through, rows) as number[][];
    for (const [id, deleted, previous] of superseding) {
      if (previous) this.#db.run("remove", previous);
      if (deleted) this.#db.run("remove", id!);
    }
    const done = superseding.length < rows;
    this.#db.run("setMark", "swept", done ? Math.max(through, swept) : superseding.at(-1)![0]!);
    return done;
  }

  /** One step of giving free pages back to the file system. */
  vacuum(): { done: boolean } {
    const [free] = this.#db.pragma("PRAGMA freelist_count") as [number];
    const [pages] = this.#db.pragma("PRAGMA page_count") as [number];
    const excess = free - Math.max(SPARE_PAGES, Math.floor(pages / 5));
    if (excess <= 0) return { done: true };
    this.#transactions.durable(() => this.#db.exec(`PRAGMA incremental_vacuum(${Math.min(excess, VACUUM_PAGES)})`));
    return { done: false };
  }
}

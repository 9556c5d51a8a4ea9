import { DatastoreError, type KeyRange, type KeyValue, type WatchBatch } from "../contract.ts";
import { notEmptyError } from "../mvcc/check.ts";
import type { CommitReply, Effect } from "../mvcc/commit_reply.ts";
import { type Current, decide } from "../mvcc/decide.ts";
import { BatchCollector, itemOf } from "../mvcc/log_rows.ts";
import { firstId, lastId, OPERATIONS, revisionOf } from "../mvcc/row_id.ts";
import { QueryCounts } from "../mvcc/query_counts.ts";
import { Compaction } from "./compaction.ts";
import { Database, type SlowQuery } from "./database.ts";
import { datastoreError, isIoError } from "./errors.ts";
import { markOf } from "./marks.ts";
import { QUERY_NAMES } from "./query_names.ts";
import { Transactions } from "./transactions.ts";
import { fromWire, type WireOperation } from "./wire.ts";
import { writtenByThread } from "./written_bytes.ts";

/** Revisions that one read of the history looks at. */
const HISTORY_REVISIONS = 2000;
/** So many revisions ahead are reserved on the disk before held commits take any of them. */
const RESERVED_REVISIONS = 4096;

/** A file up to this size is checked as a whole before it is used: SQLite does about 500 MB in a second, a slow card 40. */
const CHECKED_BYTES = 64 * 1024 * 1024;
const VERIFY_ROWS = 64;
/** How long a start may take for looking at a larger one; what is left is looked at later. */
const VERIFY_MILLISECONDS = 500;

interface Newest extends Current {
  readonly id: number;
}

/**
 * The store in its file: synchronous, for the worker thread. It trusts its caller, who checks arguments and revisions and never reads
 * below the sweep. Each call is short, so that commits need not wait for a long read or a compaction.
 */
export class SqliteEngine {
  readonly path: string;
  readonly #db: Database;
  readonly #transactions: Transactions;
  readonly #compaction: Compaction;
  readonly #identity: number;
  #restoring = false;
  #revision: number;
  /** Held commits may take revisions up to here; a start after a crash goes on behind them. 0 before the first one. */
  #reserved = 0;
  /** How many more live keys there are than when the file was opened. */
  #added = 0;
  /** Rows below this id have not been looked at since the file was opened; undefined when all have. */
  #unverified: number | undefined;

  constructor(path: string, counts: QueryCounts = new QueryCounts(QUERY_NAMES)) {
    this.#db = Database.open(path, counts);
    this.#transactions = new Transactions(this.#db);
    this.#compaction = new Compaction(this.#db, this.#transactions);
    this.path = path;
    try {
      this.#checkFile();
      this.#identity = this.#mark("identity");
      this.#revision = this.#newestRevision();
      this.#skipReserved();
      this.#db.emptyLog();
      this.verify(VERIFY_MILLISECONDS);
    } catch (error) {
      this.#db.close();
      throw datastoreError(error, path);
    }
  }

  #checkFile(): void {
    const [pages] = this.#db.pragma("PRAGMA page_count") as [number];
    const [pageSize] = this.#db.pragma("PRAGMA page_size") as [number];
    if (pages * pageSize > CHECKED_BYTES) {
      this.#unverified = Number.MAX_SAFE_INTEGER;
      return;
    }
    const [verdict] = this.#db.pragma("PRAGMA quick_check(1)") as [string];
    if (verdict !== "ok") throw new DatastoreError("corrupt", `${this.path} is damaged: ${verdict}`);
  }

  /** Goes on reading a file that was too large to be checked at once, the newest rows first, for about so long. Throws `corrupt`. */
  verify(milliseconds: number): { done: boolean } {
    const end = performance.now() + milliseconds;
    while (this.#unverified !== undefined && performance.now() < end) {
      const rows = this.#db.all("verify", this.#unverified, VERIFY_ROWS);
      this.#unverified = rows.length < VERIFY_ROWS ? undefined : rows.at(-1)![0] as number;
    }
    return { done: this.#unverified === undefined };
  }

  /** After a crash: held commits may have been lost. Who saw one of them must not take what comes next for what followed it, but list again. */
  #skipReserved(): void {
    const reserved = this.#mark("reserved");
    if (reserved === 0) return;
    this.#db.transaction(() => {
      if (reserved > this.#revision) this.#db.run("setMark", "compacted", reserved);
      this.#db.run("setMark", "reserved", 0);
    });
    this.#revision = Math.max(this.#revision, reserved);
  }

  /** Before every call, while writes fail: every so often looks whether another file is there now. Does not throw: the call meets the same error. */
  lookAgain(): void {
    if (this.#restoring || !this.#transactions.outage?.due(performance.now()) || !this.#db.isGone) return;
    try {
      this.#comeBack();
    } catch {
      // `#db` throws it from now on.
    }
  }

  /** Before every call but `commit`, which does the same and tells each of its callers of an error. */
  prepare(): void {
    this.#transactions.recover();
  }

  /**
   * Writes fail, and the path leads to another file than the one that is open: the file system was mounted anew, or is being repaired. Goes on with that file if it
   * is this store and has everything that was acknowledged. What it has beyond that was not: its writers were told that they had failed.
   */
  #comeBack(): void {
    const durable = (this.#transactions.firstHeld ?? this.#revision + 1) - 1;
    this.#db.reopen(() => {
      this.#checkFile();
      if (this.#mark("identity") !== this.#identity) {
        throw new DatastoreError(
          "corrupt",
          `${this.path} is another store than before: bring back the one that was there`,
        );
      }
      const found = this.#newestRevision();
      if (found < durable) {
        throw new DatastoreError(
          "corrupt",
          `${this.path} ends with revision ${found}, but ${durable} was acknowledged: bring back the newer file, or restart to go on with this one`,
        );
      }
      this.#db.transaction(() => this.#db.run("removeAfter", lastId(durable)));
      this.verify(VERIFY_MILLISECONDS);
    });
    this.#transactions.reopened();
  }

  #newestRevision(): number {
    const newest = this.#db.row("newestId")?.[0] as number | null;
    return Math.max(1, revisionOf(newest ?? 0), this.#mark("restored"), this.#mark("compacted"));
  }

  /** After every call, once it was answered: what nobody should wait for. */
  tidy(): void {
    this.#db.shortenLog();
  }

  /** Slow queries since the last call. */
  takeSlow(): readonly SlowQuery[] {
    return this.#db.takeSlow();
  }

  position(): { revision: number; compacted: number; swept: number } {
    return { revision: this.#revision, compacted: this.#mark("compacted"), swept: this.#mark("swept") };
  }

  #mark(name: string): number {
    return markOf(this.#db, name);
  }

  /** One transaction, and one wait for the disk unless they are held, for all; each commit is all or nothing by itself. */
  commit(
    { commits, previous, held }: {
      commits: readonly (readonly WireOperation[])[];
      previous: boolean;
      held: boolean;
    },
  ): CommitReply[] {
    const revision = this.#revision;
    const added = this.#added;
    const reserved = this.#reserved;
    const body = () => commits.map((operations) => this.#apply(operations, previous));
    try {
      if (!held || this.#transactions.full) return this.#transactions.durable(body);
      if (revision + commits.length <= reserved) return this.#transactions.hold(body);
      return this.#transactions.durable(() => {
        this.#reserve(revision + commits.length + RESERVED_REVISIONS);
        return body();
      });
    } catch (error) {
      this.#reserved = reserved;
      this.#revision = revision;
      this.#added = added;
      // One that cannot be written must not fail the others.
      if (commits.length > 1) {
        return commits.flatMap((operations) => this.commit({ commits: [operations], previous, held }));
      }
      const { reason, message } = datastoreError(error, this.path);
      // The disk may or may not have what it failed to confirm.
      return [{
        kind: "failed",
        reason: reason === "unavailable" && isIoError(error) ? "unknownOutcome" : reason,
        message,
      }];
    }
  }

  #reserve(revision: number): void {
    this.#db.run("setMark", "reserved", revision);
    this.#reserved = revision;
  }

  /** Takes to the disk what is held. */
  checkpoint(): void {
    if (this.#transactions.held > 0) this.#transactions.durable(() => {});
  }

  usage(): { held: number; writtenBytes: number | undefined } {
    return { held: this.#transactions.held, writtenBytes: writtenByThread() };
  }

  #apply(wire: readonly WireOperation[], previous: boolean): CommitReply {
    const operations = wire.map(fromWire);
    const revision = this.#revision + 1;
    const decision = decide(operations, revision, (key) => this.#newest(key));
    if (decision.kind === "conflict") {
      const conflicts = decision.conflicts.map(({ index, actual }) => ({
        index,
        actual: actual && this.#item(operations[index]!.key, actual),
      }));
      return { kind: "conflict", revision: this.#revision, conflicts };
    }
    if (decision.changes.length === 0) return { kind: "done", revision: this.#revision, effects: [] };
    const effects = decision.changes.map(({ operation, index, before, createRevision, version }, i): Effect => {
      const was = previous && before ? this.#item(operation.key, before) : undefined;
      const isPut = operation.kind === "put";
      const value = isPut ? operation.value : "";
      this.#compaction.written();
      this.#transactions.insert(
        firstId(revision) + i,
        operation.key,
        isPut ? 0 : 1,
        createRevision,
        before?.id ?? 0,
        version,
        value,
      );
      this.#added += (isPut ? 1 : 0) - (before ? 1 : 0);
      return [index, createRevision, version, was];
    });
    this.#revision = revision;
    return { kind: "done", revision, effects };
  }

  #newest(key: string): Newest | undefined {
    const row = this.#db.row("newest", key);
    if (!row || row[1] === 1) return undefined;
    const [id, , createRevision, version] = row as number[];
    return { id: id!, createRevision: createRevision!, modRevision: revisionOf(id!), version: version! };
  }

  #item(key: string, { id, createRevision, modRevision, version }: Newest): KeyValue {
    return { key, value: this.#db.row("value", id)![0] as string, createRevision, modRevision, version };
  }

  get({ key, revision }: { key: string; revision: number }): KeyValue | undefined {
    const row = this.#db.row("get", key, lastId(revision));
    if (!row || row[1] === 1) return undefined;
    return itemOf([row[0], key, row[2], row[3]], row[4] as string);
  }

  /** The first keys of the range: up to `limit`, and of their values not many more than `bytes`. `done` when these were all. */
  list(
    { range, revision, limit, bytes, keysOnly }: {
      range: KeyRange;
      revision: number;
      limit: number;
      bytes: number;
      keysOnly: boolean;
    },
  ): { items: KeyValue[]; done: boolean } {
    const newest = lastId(revision);
    if (keysOnly) {
      const rows = this.#db.all("listKeys", range.start, range.end, newest, newest, limit);
      return { items: rows.map((row) => itemOf(row, "")), done: rows.length < limit };
    }
    const items: KeyValue[] = [];
    let size = 0;
    for (const row of this.#db.rows("list", range.start, range.end, newest, newest, limit)) {
      const next = itemOf(row, row[4] as string);
      items.push(next);
      size += next.key.length + next.value.length;
      if (size >= bytes) return { items, done: false };
    }
    if (items.length >= limit) return { items, done: false };
    const last = items.at(-1);
    this.#db.assertNone("list", last ? `${last.key}\0` : range.start, range.end, newest, newest, 1);
    return { items, done: true };
  }

  /** How many of the first keys of the range, up to `limit`, there are, and the last one of them. */
  count(
    { range, revision, limit }: { range: KeyRange; revision: number; limit: number },
  ): { count: number; last: string | null } {
    const newest = lastId(revision);
    const [count, last] = this.#db.row("count", range.start, range.end, newest, newest, limit)!;
    return { count: count as number, last: last as string | null };
  }

  /** By how much the number of live keys has grown since the file was opened, as of the newest revision. */
  growth(): { revision: number; added: number } {
    return { revision: this.#revision, added: this.#added };
  }

  /** Changes after one revision, up to `through` or an earlier one: not many more than `bytes`, always whole revisions. */
  history(
    { range, after, through, previous, bytes }: {
      range: KeyRange;
      after: number;
      through: number;
      previous: boolean;
      bytes: number;
    },
  ): { batches: WatchBatch[]; through: number } {
    const end = Math.min(through, after + HISTORY_REVISIONS);
    let last = lastId(after);
    const collector = new BatchCollector(bytes);
    const query = previous ? "historyWithPrevious" : "history";
    for (const row of this.#db.rows(query, last, lastId(end), range.start, range.end, -1)) {
      if (!collector.add(row)) return { batches: collector.finish(), through: collector.revision };
      last = row[0] as number;
    }
    this.#db.assertNone(query, last, lastId(end), range.start, range.end, 1);
    return { batches: collector.finish(), through: end };
  }

  /** From now on nobody reads below `revision`; durable before anything is removed. */
  setCompacted(revision: number): void {
    this.#transactions.durable(() => this.#db.run("setMark", "compacted", Math.max(revision, this.#mark("compacted"))));
  }

  sweep(revision: number): { done: boolean } {
    return this.#compaction.sweep(revision);
  }

  vacuum(): { done: boolean } {
    return this.#compaction.vacuum();
  }

  restoreBegin(): void {
    if (this.#revision > 1) {
      throw notEmptyError(this.#revision);
    }
    this.#db.begin();
    this.#restoring = true;
  }

  restoreAdd(items: readonly KeyValue[]): void {
    for (const { key, value, createRevision, modRevision, version } of items) {
      const last = this.#db.row("newestIdThrough", lastId(modRevision))?.[0] as number | null;
      const id = Math.max(firstId(modRevision), (last ?? 0) + 1);
      if (id > lastId(modRevision)) {
        throw new DatastoreError(
          "corrupt",
          `the snapshot has over ${OPERATIONS} keys of revision ${modRevision} (the last is ${key})`,
        );
      }
      this.#db.run("insert", id, key, 0, createRevision, 0, version, value);
    }
  }

  /** The store then is as one compacted to the snapshot's revision: what came before is not known. */
  restoreEnd(revision: number): void {
    for (const name of ["restored", "compacted"]) this.#db.run("setMark", name, revision);
    this.#db.run("setMark", "swept", lastId(revision));
    this.#db.commit();
    this.#restoring = false;
    this.#revision = revision;
    this.#added = 0;
  }

  restoreAbort(): void {
    this.#restoring = false;
    this.#db.rollback();
  }

  /** Nothing is lost, so that the next start goes on with the next revision. */
  close(): void {
    try {
      if (this.#reserved > 0) this.#transactions.durable(() => this.#reserve(0));
    } finally {
      this.#db.close();
    }
  }
}

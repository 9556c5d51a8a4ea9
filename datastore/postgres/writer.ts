import type { DatastoreReason } from "../contract.ts";
import type { CommitGroup } from "../mvcc/commit_queue.ts";
import type { CommitReply } from "../mvcc/commit_reply.ts";
import { revisionOf } from "../mvcc/row_id.ts";
import { type Address, Connection } from "./connection.ts";
import { datastoreError, isConnectionError, isTransient, isUnknownTransaction } from "./errors.ts";
import { type NewRow, planGroup, type PlannedGroup } from "./group.ts";

/** A group may wait so long for a database that is away. */
const PATIENCE_MILLISECONDS = 10_000;
const PAUSE_MILLISECONDS = 100;

export interface WriterOptions {
  readonly address: Address;
  readonly channel: string;
  /** The store was found at this revision. */
  advanced(revision: number): void;
}

/**
 * Writes groups of commits, each group in one transaction. The lock on the store's state orders the transactions of all processes: the revisions
 * it hands out become visible in their order, without holes.
 */
export class Writer {
  readonly #options: WriterOptions;
  #connection: Connection | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Whether the server's process is this writer's. */
  isOwn(processId: number): boolean {
    return this.#connection?.processId === processId;
  }

  /** One reply for each commit. Never rejects. */
  write(group: CommitGroup): Promise<CommitReply[]> {
    return this.#write(group, Date.now() + PATIENCE_MILLISECONDS);
  }

  async #write(group: CommitGroup, deadline: number): Promise<CommitReply[]> {
    for (;;) {
      try {
        return await this.#transaction(group);
      } catch (error) {
        if (error instanceof LostCommit) {
          const replies = await this.#outcome(error, group, deadline);
          if (replies) return replies;
        } else if (!isTransient(error) || Date.now() >= deadline) {
          // One that cannot be written must not fail the others.
          if (group.commits.length > 1 && !isTransient(error)) return await this.#oneByOne(group, deadline);
          const { reason, message } = datastoreError(error);
          return failed(group, reason, message);
        }
        await pause();
      }
    }
  }

  async #oneByOne({ commits, previous }: CommitGroup, deadline: number): Promise<CommitReply[]> {
    const replies: CommitReply[] = [];
    for (const operations of commits) replies.push(...await this.#write({ commits: [operations], previous }, deadline));
    return replies;
  }

  async #transaction(group: CommitGroup): Promise<CommitReply[]> {
    const connection = await this.#connected();
    try {
      const names = [...new Set(group.commits.flatMap((operations) => operations.map(({ key }) => key)))];
      const [, locked, newest] = await all(
        connection.command("begin"),
        connection.run("lock"),
        connection.run("newest", names),
      );
      const [revision, transaction] = locked[0] as [number, string];
      this.#options.advanced(revision);
      const planned = planGroup(group, revision, newest);
      const values = planned.wanted.length > 0 ? await connection.run("values", planned.wanted) : [];
      const replies = planned.replies(new Map(values as unknown as readonly [number, string][]));
      if (planned.rows.length === 0) await connection.command("rollback");
      else await this.#insert(connection, planned, new LostCommit(transaction, planned.rows[0]!, replies));
      return replies;
    } catch (error) {
      await this.#abandon(connection, error);
      throw error;
    }
  }

  /** Throws `lost` when the connection breaks: from the first byte that is sent, the commit may have happened. */
  async #insert(connection: Connection, { rows, revision }: PlannedGroup, lost: LostCommit): Promise<void> {
    const column = <K extends keyof NewRow>(name: K) => rows.map((row) => row[name]);
    try {
      await all(
        connection.run(
          "write",
          column("id"),
          column("name"),
          column("deleted"),
          column("createRevision"),
          column("previous"),
          column("version"),
          column("value"),
          revision,
          this.#options.channel,
          `${revision}`,
        ),
        // After a write that failed, this rolls back.
        connection.command("commit"),
      );
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      lost.cause = error;
      throw lost;
    }
  }

  /** Leaves no transaction open behind an error. */
  async #abandon(connection: Connection, error: unknown): Promise<void> {
    if (error instanceof LostCommit || isConnectionError(error)) return await this.#drop(connection);
    await connection.command("rollback").catch(() => this.#drop(connection));
  }

  async #drop(connection: Connection): Promise<void> {
    if (this.#connection === connection) this.#connection = undefined;
    await connection.close();
  }

  /** The connection broke while the commit was on its way: the server knows whether it came. Undefined when it did not. */
  async #outcome(lost: LostCommit, group: CommitGroup, deadline: number): Promise<CommitReply[] | undefined> {
    while (Date.now() < deadline) {
      let connection: Connection | undefined;
      try {
        connection = await this.#connected();
        const { id, name, value } = lost.first;
        const [[status, exists, removed] = []] = await connection.run("outcome", lost.transaction, id, name, value);
        if (status === "committed" && exists === "true") return lost.replies;
        if (status === "aborted") return undefined;
        // Somebody else's transaction: ours would have left its row, which nobody has removed.
        if (status === "committed" && (removed as number) < revisionOf(id)) return undefined;
        if (status !== "in progress") break;
      } catch (error) {
        if (isUnknownTransaction(error)) return undefined;
        if (connection) await this.#drop(connection);
        if (!isConnectionError(error)) break;
      }
      await pause();
    }
    const { message } = datastoreError(lost.cause);
    return failed(group, "unknownOutcome", `whether the write has happened is unknown: ${message}`);
  }

  async #connected(): Promise<Connection> {
    if (this.#connection && !this.#connection.isLost) return this.#connection;
    this.#connection = undefined;
    return this.#connection = await Connection.open(this.#options.address, { lost: () => {}, pipeline: true });
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }
}

/** A commit whose answer did not come. */
class LostCommit extends Error {
  override readonly name = "LostCommit";
  constructor(readonly transaction: string, readonly first: NewRow, readonly replies: CommitReply[]) {
    super("the connection broke during a commit");
  }
}

function failed({ commits }: CommitGroup, reason: DatastoreReason, message: string): CommitReply[] {
  return commits.map(() => ({ kind: "failed", reason, message }));
}

/** Waits for all, also when one fails. */
async function all<T extends readonly unknown[]>(...calls: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const results = await Promise.allSettled(calls);
  for (const result of results) if (result.status === "rejected") throw result.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
}

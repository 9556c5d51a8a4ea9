import type { Holds } from "../mvcc/holds.ts";
import { Restarting } from "../mvcc/restarting.ts";
import { lastId } from "../mvcc/row_id.ts";
import { type Address, Connection } from "./connection.ts";

/** Rows that one step looks at: short enough that nobody notices its locks. */
const STEP_ROWS = 1000;

/**
 * Removes what was compacted, in steps, each a transaction of its own: what a crash cuts short, the next sweep goes on with. Of several
 * processes one sweeps at a time.
 */
export class Sweeper {
  readonly #address: Address;
  readonly #holds: Holds;
  #wanted: number;
  #swept: number;
  readonly #sweeping = new Restarting("Compaction", () => this.#run());
  #closed = false;

  constructor(address: Address, holds: Holds, compacted: number) {
    this.#address = address;
    this.#holds = holds;
    this.#wanted = compacted;
    this.#swept = 0;
  }

  /** Sweeps as far as no read of this process in several pages needs what would go; the rest follows when that has ended. */
  sweep(compacted: number): Promise<void> {
    this.#wanted = Math.max(this.#wanted, compacted);
    return this.#sweeping.run();
  }

  /** Runs that have stopped with an error. */
  get failures(): number {
    return this.#sweeping.failures;
  }

  /** A read has ended. */
  advance(): void {
    if (this.#wanted > this.#swept) void this.sweep(this.#wanted);
  }

  async #run(): Promise<void> {
    if (this.#holds.limit(this.#wanted) <= this.#swept) return;
    const connection = await Connection.open(this.#address, { lost: () => {} });
    try {
      while (!this.#closed) {
        const target = this.#holds.limit(this.#wanted);
        if (target <= this.#swept) return;
        // Readers elsewhere must know before the first row goes.
        await connection.run("setRemoved", target);
        while (!this.#closed && !await this.#step(connection, lastId(target)));
        this.#swept = Math.max(this.#swept, target);
      }
    } finally {
      await connection.close();
    }
  }

  /** True when nothing is left to do, or somebody else does it. */
  async #step(connection: Connection, through: number): Promise<boolean> {
    await connection.command("begin");
    const [locked] = await connection.run("lockSweep");
    const swept = locked?.[1] as number | undefined;
    let done = swept === undefined || swept >= through;
    if (!done) {
      const [[rows, last] = []] = await connection.run("sweep", swept!, through, STEP_ROWS);
      done = (rows as number) < STEP_ROWS;
      await connection.run("setSwept", done ? through : last as number);
    }
    await connection.command("commit");
    return done;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#sweeping.close();
  }
}

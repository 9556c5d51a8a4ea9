import { getLogger } from "@logtape/logtape";
import { type Address, Connection } from "./connection.ts";

const logger = getLogger(["skiff", "datastore"]);

/** Between two attempts to connect. */
const PAUSE = { first: 50, most: 2000 };
/** A connection that broke without a sound is noticed by then, and so is a notification that got lost. */
const CHECK_MILLISECONDS = 10_000;

export interface ListenerOptions {
  readonly address: Address;
  readonly channel: string;
  /** The store has come to this revision. */
  advanced(revision: number): void;
  /** Whether the server's process is our own writer: what it did is known. */
  isOwn(processId: number): boolean;
}

/** Hears what other processes commit, from the time that {@linkcode Listener.start} resolves until it is closed. */
export class Listener {
  readonly #options: ListenerOptions;
  #connection: Connection | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = PAUSE.first;
  #closed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { address, channel, advanced, isOwn } = this.#options;
    const connection = await Connection.open(address, {
      lost: () => this.#lost(connection),
      notified: ({ processId, payload }) => {
        const revision = Number(payload);
        // Anybody may notify, of anything.
        if (!isOwn(processId) && Number.isSafeInteger(revision)) advanced(revision);
      },
    });
    if (this.#closed) return await connection.close();
    this.#connection = connection;
    try {
      await connection.command(`listen "${channel}"`);
      // What was committed before the server listened for us.
      await this.#look(connection);
      this.#pause = PAUSE.first;
      this.#check(connection);
    } catch (error) {
      this.#connection = undefined;
      await connection.close();
      throw error;
    }
  }

  async #look(connection: Connection): Promise<void> {
    const [row] = await connection.run("position");
    this.#options.advanced(row![0] as number);
  }

  #check(connection: Connection): void {
    this.#timer = setTimeout(() => {
      this.#look(connection).then(() => {
        if (this.#connection === connection) this.#check(connection);
      }, () => {
        void connection.close();
        this.#lost(connection);
      });
    }, CHECK_MILLISECONDS);
  }

  #lost(connection: Connection): void {
    if (this.#closed || this.#connection !== connection) return;
    this.#connection = undefined;
    logger.warn("The connection that listens to PostgreSQL broke and is opened again");
    this.#again();
  }

  #again(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.start().catch(() => this.#again()), this.#pause);
    this.#pause = Math.min(this.#pause * 2, PAUSE.most);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#connection?.close();
  }
}

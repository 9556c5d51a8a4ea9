import { serviceUnavailable } from "../../../api/status.ts";
import type { Datastore, Operation } from "../../../datastore/contract.ts";
import { throughStore } from "./datastore_errors.ts";
import type { Freshness } from "./freshness.ts";

/** Each commit that gives out numbers writes it; its value says nothing, its revision when that was. */
const TURN_KEY = "/skiff/service-allocations";
/** In each round one of the servers gets on; one that is far from the datastore may lose many of them to a busy one that is near. */
const rounds = 1000;

/** Another server has given out numbers meanwhile: they may be the same ones. */
export class TurnLost extends Error {
  override readonly name = "TurnLost";
}

/**
 * Several servers on one datastore give out numbers from what each knows to be taken. So that no two give out the same one, they do it in turns: a turn begins
 * with all that was given out before, and its commit holds only if nobody else has had one since.
 */
export class AllocationTurns {
  readonly #datastore: Datastore;
  readonly #freshness: Freshness;
  /** This server's own turns come one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(datastore: Datastore, freshness: Freshness) {
    this.#datastore = datastore;
    this.#freshness = freshness;
  }

  /** `write` commits the operation with its own ones, and throws {@linkcode TurnLost} when its expectation fails; it then runs anew. */
  take<T>(write: (turn: Operation) => Promise<T>): Promise<T> {
    const mine = this.#last.then(() => this.#take(write));
    this.#last = mine.catch(() => {});
    return mine;
  }

  async #take<T>(write: (turn: Operation) => Promise<T>): Promise<T> {
    for (let round = 1; round <= rounds; round++) {
      const { item } = await throughStore(this.#datastore.get(TURN_KEY));
      await this.#freshness.now();
      try {
        return await write({ kind: "put", key: TURN_KEY, value: "{}", expect: item?.modRevision ?? 0 });
      } catch (error) {
        if (!(error instanceof TurnLost)) throw error;
      }
    }
    throw serviceUnavailable("other servers give out addresses and ports without pause; try again", 1);
  }
}

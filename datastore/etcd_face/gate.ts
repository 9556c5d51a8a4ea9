/**
 * Lets calls of one kind run beside each other, and those of the other kind alone. Everybody waits for those who want to be alone and came
 * before, so neither kind starves the other.
 */
export class Gate {
  #inside = 0;
  #alone: Promise<unknown> = Promise.resolve();
  #empty: (() => void) | undefined;

  async shared<T>(call: () => Promise<T>): Promise<T> {
    await this.#alone;
    this.#inside++;
    try {
      return await call();
    } finally {
      if (--this.#inside === 0) this.#empty?.();
    }
  }

  async alone<T>(call: () => Promise<T>): Promise<T> {
    // Those who wait for the same turn to end go on in the order in which they came: the ones that share are inside by now.
    const turn = this.#alone.then(async () => {
      if (this.#inside > 0) await new Promise<void>((resolve) => this.#empty = resolve);
      this.#empty = undefined;
      return await call();
    });
    this.#alone = turn.catch(() => {});
    return await turn;
  }
}

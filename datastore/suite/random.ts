import { expect, it } from "vitest";
import type { CommitResult, Datastore, KeyRange, Operation } from "../contract.ts";
import { openMemory } from "../memory/memory_datastore.ts";
import { type Engine, EVERYTHING, firstEvents, type Home, shownEvent } from "./engine.ts";

/** mulberry32: small, seeded, good enough to vary tests. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  };
}

const KEYS = ["/a", "/a/b", "/a/c", "/b", "/b/é", "/b/\u{1f600}", "/b/\u{ffff}", "/c", "/c/1", "/c/2", "/c/3"];
const RANGES: KeyRange[] = [EVERYTHING, { start: "/a", end: "/b" }, { start: "/b/", end: "/b0" }, {
  start: "/c/2",
  end: "/a",
}];

class Comparison {
  readonly #oracle = openMemory();
  readonly #live: { range: KeyRange; seen: [string[], string[]] }[] = [];
  #store: Datastore;

  constructor(readonly engine: Engine, readonly home: Home, store: Datastore, readonly random: () => number) {
    this.#store = store;
  }

  #below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }

  /** The same call on both: the results, or the reasons of the refusals, must be equal. */
  async #both<T>(call: (store: Datastore) => Promise<T>): Promise<T | undefined> {
    const outcome = (store: Datastore) =>
      call(store).then((value) => ({ value }), (error) => ({ refused: error.reason ?? String(error) }));
    const [actual, expected] = [await outcome(this.#store), await outcome(this.#oracle)];
    expect(actual).toEqual(expected);
    return "value" in expected ? expected.value : undefined;
  }

  /** Mostly right, sometimes wrong or unconditional. */
  async #operation(key: string): Promise<Operation> {
    const { item } = await this.#oracle.get(key);
    const guess = this.random();
    const expected = guess < 0.3 ? undefined : guess < 0.9 ? item?.modRevision ?? 0 : this.#below(20);
    const condition = expected === undefined ? {} : { expect: expected };
    if (this.random() < 0.3) return { kind: "delete", key, ...condition };
    return { kind: "put", key, value: "v".repeat(this.#below(50)) + this.#below(1000), ...condition };
  }

  async #commit(): Promise<void> {
    const keys = new Set(Array.from({ length: 1 + this.#below(4) }, () => this.#pick(KEYS)));
    const operations = await Promise.all([...keys].map((key) => this.#operation(key)));
    await this.#both((store): Promise<CommitResult> => store.commit(operations));
  }

  async #revision(): Promise<number> {
    return this.#below(await this.#oracle.revision() + 2);
  }

  async #read(): Promise<void> {
    const revision = this.random() < 0.5 ? {} : { revision: await this.#revision() };
    const range = this.#pick(RANGES);
    const limit = this.random() < 0.5 ? {} : { limit: 1 + this.#below(5) };
    await this.#both((store) => store.get(this.#pick(KEYS), revision).then(() => undefined));
    await this.#both((store) => store.list(range, { ...revision, ...limit, keysOnly: revision.revision === 3 }));
    await this.#both((store) => store.count(range, revision));
  }

  async #history(): Promise<void> {
    const options = { after: await this.#revision(), previous: this.random() < 0.5 };
    const range = this.#pick(RANGES);
    await this.#both(async (store) => {
      const seen: string[] = [];
      const subscription = await store.subscribe(
        range,
        options,
        ({ events }) => void seen.push(events.map(shownEvent).join()),
      );
      subscription.close();
      const lines = seen.filter(Boolean);
      expect(
        (await firstEvents(store, lines.length && lines.join().split(",").length, options, range)).map((b) => b.join()),
      ).toEqual(lines);
      return lines;
    });
  }

  async #subscribe(): Promise<void> {
    const options = { after: await this.#oracle.revision(), previous: this.random() < 0.3 };
    const range = this.#pick(RANGES);
    const seen: [string[], string[]] = [[], []];
    for (const [i, store] of [this.#store, this.#oracle].entries()) {
      await store.subscribe(range, options, ({ events }) => void seen[i]!.push(...events.map(shownEvent)));
    }
    this.#live.push({ range, seen });
  }

  #compareLive(): void {
    for (const { seen } of this.#live) expect(seen[0]).toEqual(seen[1]);
  }

  async #restart(): Promise<void> {
    if (!this.engine.durable) return;
    this.#compareLive();
    this.#live.length = 0;
    await this.#store.close();
    this.#store = await this.home.open();
  }

  async #compact(): Promise<void> {
    // Revision 1 is that of the empty store: to forget it loses nothing, and etcd cannot tell after a restart whether it did.
    const revision = Math.max(2, await this.#revision());
    await this.#both((store) => store.compact(revision));
  }

  async #snapshot(): Promise<void> {
    await this.#both((store) => new Response(store.snapshot()).text());
  }

  async step(): Promise<void> {
    const dice = this.random();
    if (dice < 0.6) await this.#commit();
    else if (dice < 0.8) await this.#read();
    else if (dice < 0.9) await this.#history();
    else if (dice < 0.93) await this.#subscribe();
    else if (dice < 0.97) await this.#compact();
    else if (dice < 0.99) await this.#snapshot();
    else await this.#restart();
  }

  async finish(): Promise<void> {
    await this.#both((store) => store.list(EVERYTHING));
    const { keys, revision, compactedRevision } = await this.#store.stats();
    expect(await this.#oracle.stats()).toMatchObject({ keys, revision, compactedRevision });
    this.#compareLive();
    await this.#store.close();
    await this.#oracle.close();
  }
}

/** SKIFF_TEST_SEED replays one run; SKIFF_RANDOM_STEPS makes it longer. */
export function randomCases(engine: Engine): void {
  it("does what the memory engine does, whatever comes", { timeout: 120_000 }, async () => {
    const seed = Number(Deno.env.get("SKIFF_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
    const steps = Number(Deno.env.get("SKIFF_RANDOM_STEPS") ?? 1500);
    const home = await engine.create();
    try {
      const comparison = new Comparison(engine, home, await home.open(), randomSource(seed));
      for (let step = 0; step < steps; step++) {
        try {
          await comparison.step();
        } catch (error) {
          throw new Error(`step ${step} of the random run with SKIFF_TEST_SEED=${seed} failed`, { cause: error });
        }
      }
      await comparison.finish();
    } finally {
      await home.dispose();
    }
  });
}

import { describe, expect, it } from "vitest";
import type { Datastore } from "../../../datastore/contract.ts";
import type { Cache } from "../cache/cache.ts";
import { Freshness } from "./freshness.ts";

/** A datastore whose answers come when the test says so. */
function slowStore() {
  const asked: PromiseWithResolvers<number>[] = [];
  const reached: number[] = [];
  const datastore = {
    revision() {
      const answer = Promise.withResolvers<number>();
      asked.push(answer);
      return answer.promise;
    },
  } as Partial<Datastore> as Datastore;
  const cache = { reached: (revision: number) => void reached.push(revision) } as unknown as Cache;
  return { asked, reached, freshness: new Freshness(datastore, cache) };
}

async function isDone(promise: Promise<void>): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve));
  return await Promise.race([promise.then(() => true), Promise.resolve(false)]);
}

describe("freshness", () => {
  it("asks again for calls that came after the question, once for all of them", async () => {
    const { asked, reached, freshness } = slowStore();
    const first = freshness.now();
    const later = [freshness.now(), freshness.now()];
    expect(asked).toHaveLength(1);
    asked[0]!.resolve(5);
    await first;
    expect(await isDone(later[0]!)).toBe(false);
    expect(asked).toHaveLength(2);
    asked[1]!.resolve(7);
    await Promise.all(later);
    expect(reached).toEqual([5, 7]);
    const last = freshness.now();
    asked[2]!.resolve(7);
    await last;
  });

  it("fails for who asked, and asks again for the next", async () => {
    const { asked, freshness } = slowStore();
    const first = freshness.now();
    const second = freshness.now();
    asked[0]!.reject(new Error("away"));
    await expect(first).rejects.toThrow("away");
    await isDone(second);
    asked[1]!.resolve(3);
    await second;
  });
});

import { type Datastore, prefixRange } from "../../datastore/contract.ts";
import { report, VALUE } from "./_datastore_figures.ts";
import { median, percentile } from "./_process.ts";

const SECONDS = 2;
const WATCHERS = 100;
const WRITES_PER_SECOND = 5000;
/** Of which the median counts: a single one tells of what else the machine did. */
const RUNS = 5;

/** From the call of a commit until its event was in the hands of a watcher, while so many writers go on. */
export async function measureDelivery(name: string, store: Datastore, writers: number): Promise<void> {
  const sent = new Map<string, number>();
  const delays: number[] = [];
  const prefix = `/delivered/${writers}/`;
  const subscription = await store.subscribe(
    prefixRange(prefix),
    { after: await store.revision() },
    ({ events }) => {
      for (const event of events) if (event.kind === "put") delays.push(performance.now() - sent.get(event.item.key)!);
    },
  );
  const begin = performance.now();
  await Promise.all(Array.from({ length: writers }, async (_, writer) => {
    const key = `${prefix}${writer}`;
    while (performance.now() - begin < SECONDS * 1000) {
      sent.set(key, performance.now());
      await store.commit([{ kind: "put", key, value: VALUE }]);
    }
  }));
  report(`${name} commit to watcher, ${writers} writers`, delays, performance.now() - begin);
  subscription.close();
}

/**
 * The same with many watchers of everything, at a rate that does not depend on how fast the store is. What measures must not disturb
 * what is measured: keys and tables are there before.
 */
export async function measureFanOut(name: string, store: Datastore): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) times.push(await fanOut(name, store));
  const what = `${name} to ${WATCHERS} watchers, median of ${RUNS} runs`;
  console.log(`${what.padEnd(44)} p99 ${median(times).toFixed(2)} ms`);
}

/** One run; the time that 99 % of the events took at most. */
async function fanOut(name: string, store: Datastore): Promise<number> {
  const prefix = "/fanned/";
  const total = WRITES_PER_SECOND * SECONDS;
  const keys = Array.from({ length: total }, (_, i) => `${prefix}${i}`);
  const numbers = new Map(keys.map((key, i) => [key, i]));
  const sent = new Float64Array(total);
  const delays = new Float64Array(total * WATCHERS);
  let delivered = 0;
  const after = await store.revision();
  const subscriptions = await Promise.all(
    Array.from({ length: WATCHERS }, () =>
      store.subscribe(prefixRange(prefix), { after }, ({ events }) => {
        for (const event of events) {
          if (event.kind === "put") delays[delivered++] = performance.now() - sent[numbers.get(event.item.key)!]!;
        }
      })),
  );
  const begin = performance.now();
  const commits: Promise<unknown>[] = [];
  while (commits.length < total) {
    const due = Math.min(total, Math.floor((performance.now() - begin) / 1000 * WRITES_PER_SECOND));
    while (commits.length < due) {
      sent[commits.length] = performance.now();
      commits.push(store.commit([{ kind: "put", key: keys[commits.length]!, value: VALUE }]));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(commits);
  const elapsed = performance.now() - begin;
  for (const subscription of subscriptions) subscription.close();
  if (delivered !== delays.length) throw new Error(`${delivered} of ${delays.length} events arrived`);
  report(`${name} ${Math.round(total / elapsed * 1000)} writes/s to ${WATCHERS} watchers`, delays, elapsed);
  return percentile(delays, 99);
}

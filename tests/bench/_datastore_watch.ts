import { type Datastore, prefixRange } from "../../datastore/contract.ts";
import { report, VALUE } from "./_datastore_figures.ts";

const SECONDS = 2;
const WATCHERS = 100;
const WRITES_PER_SECOND = 5000;

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

/** The same with many watchers of everything, at a rate that does not depend on how fast the store is. */
export async function measureFanOut(name: string, store: Datastore): Promise<void> {
  const prefix = "/fanned/";
  const sent: number[] = [];
  const delays: number[] = [];
  const after = await store.revision();
  const subscriptions = await Promise.all(
    Array.from({ length: WATCHERS }, () =>
      store.subscribe(prefixRange(prefix), { after }, ({ events }) => {
        const now = performance.now();
        for (const event of events) {
          if (event.kind === "put") delays.push(now - sent[Number(event.item.key.slice(prefix.length))]!);
        }
      })),
  );
  const total = WRITES_PER_SECOND * SECONDS;
  const begin = performance.now();
  const commits: Promise<unknown>[] = [];
  while (sent.length < total) {
    const due = Math.min(total, Math.floor((performance.now() - begin) / 1000 * WRITES_PER_SECOND));
    while (sent.length < due) {
      const key = `${prefix}${sent.length}`;
      sent.push(performance.now());
      commits.push(store.commit([{ kind: "put", key, value: VALUE }]));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(commits);
  const elapsed = performance.now() - begin;
  for (const subscription of subscriptions) subscription.close();
  if (delays.length !== total * WATCHERS) throw new Error(`${delays.length} of ${total * WATCHERS} events arrived`);
  report(`${name} ${Math.round(total / elapsed * 1000)} writes/s to ${WATCHERS} watchers`, delays, elapsed);
}

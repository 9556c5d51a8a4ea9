import { prefixRange } from "../../datastore/contract.ts";
import { openPostgres } from "../../datastore/postgres/open.ts";
import { report, VALUE } from "./_datastore_figures.ts";

const WRITES = 1000;

/** Two servers on one database: from the call of a commit at one until a watcher of the other has its event. */
export async function measureShared(url: string): Promise<void> {
  const [writer, reader] = await Promise.all([openPostgres({ url }), openPostgres({ url })]);
  let sent = 0;
  let arrived = Promise.withResolvers<void>();
  const delays: number[] = [];
  await reader.subscribe(prefixRange("/shared"), { after: await reader.revision() }, ({ events }) => {
    if (events.length === 0) return;
    delays.push(performance.now() - sent);
    arrived.resolve();
  });
  const begin = performance.now();
  for (let i = 0; i < WRITES; i++) {
    arrived = Promise.withResolvers();
    sent = performance.now();
    await writer.commit([{ kind: "put", key: "/shared", value: VALUE }]);
    await arrived.promise;
  }
  report("postgres commit to another server's watcher", delays, performance.now() - begin);
  await Promise.all([writer.close(), reader.close()]);
}

/**
 * Another Skiff process on the store, for tests. Each line of its standard input is `KEY VALUE`, which it writes; on its output it tells, with
 * the time, what it has written (`wrote KEY VALUE REVISION TIME`) and seen by watch (`saw …`), the latter in the order of the revisions.
 */
import { EVERYTHING, put } from "../../suite/engine.ts";
import { openPostgres } from "../open.ts";

const encoder = new TextEncoder();

function tell(what: string, key: string, value: string, revision: number): void {
  Deno.stdout.writeSync(encoder.encode(`${what} ${key} ${value} ${revision} ${Date.now()}\n`));
}

if (import.meta.main) {
  const store = await openPostgres({ url: Deno.args[0]! });
  await store.subscribe(EVERYTHING, { after: 1 }, ({ revision, events }) => {
    for (const event of events) if (event.kind === "put") tell("saw", event.item.key, event.item.value, revision);
  });
  tell("ready", "-", "-", await store.revision());
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    await Promise.all(lines.map(async (line) => {
      const [key, value] = line.split(" ") as [string, string];
      tell("wrote", key, value, await put(store, key, value));
    }));
  }
  await store.close();
}

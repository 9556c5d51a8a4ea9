/**
 * Clients that race for a few ConfigMaps through all servers at once, run on a host of their own: `racing_clients.ts SEED KUBECONFIG URL…`. Prints `at MOMENT COMPLETED` as time goes
 * by and, when its standard input has ended, what they have seen as one line of JSON (a {@linkcode Race}).
 */
import { createHttpsClient } from "../../client/https.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { Clients } from "../../datastore/suite/linearizability/clients.ts";
import type { Call } from "../../datastore/suite/linearizability/history.ts";
import { randomSource } from "../../datastore/suite/random.ts";
import { configMapRegisters } from "./config_map_registers.ts";

export interface Race {
  /** Calls on each key. */
  readonly history: readonly (readonly [key: string, calls: readonly Call[]])[];
  readonly failures: readonly (readonly [reason: string, count: number])[];
}

export const KEYS: readonly string[] = ["a", "b", "c"];
const PATIENCE = 1_500;
const TELL_EVERY = 20;

if (import.meta.main) {
  const [seed, kubeconfig, ...urls] = Deno.args as [string, string, ...string[]];
  const credentials = await readKubeconfig(kubeconfig);
  const servers = urls.map((server) => createHttpsClient({ ...credentials, server, timeout: PATIENCE }));
  const stores = servers.map(configMapRegisters);
  const random = randomSource(Number(seed));
  const clients = new Clients({ stores, clients: 2 * stores.length, keys: KEYS, random, rest: 50 });
  const telling = setInterval(() => console.log(`at ${clients.now} ${clients.completed}`), TELL_EVERY);
  await Deno.stdin.readable.pipeTo(new WritableStream());
  clearInterval(telling);
  await clients.stop();
  console.log(JSON.stringify({ history: [...clients.history], failures: [...clients.failures] } satisfies Race));
  for (const server of servers) server.close();
}

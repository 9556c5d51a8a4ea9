/**
 * A client that writes ConfigMaps one after the other, run on a host of its own: `recording_writer.ts PREFIX KUBECONFIG URL…`. When a server does not answer, the next one is
 * asked, with a new name. Prints `wrote NAME TIME` for each that was acknowledged, until its standard input ends.
 */
import { configmaps } from "../../api/resources.ts";
import { createHttpsClient } from "../../client/https.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";

const PATIENCE = 1_000;
const encoder = new TextEncoder();

if (import.meta.main) {
  const [prefix, kubeconfig, ...urls] = Deno.args as [string, string, ...string[]];
  const credentials = await readKubeconfig(kubeconfig);
  const clients = urls.map((server) => createHttpsClient({ ...credentials, server, timeout: PATIENCE }));
  let stopped = false;
  void Deno.stdin.readable.pipeTo(new WritableStream()).finally(() => stopped = true);
  for (let i = 0, server = 0; !stopped; i++) {
    const name = `${prefix}-${i}`;
    try {
      await clients[server]!.create(configmaps, { metadata: { namespace: "default", name }, data: { i: `${i}` } });
      Deno.stdout.writeSync(encoder.encode(`wrote ${name} ${Date.now()}\n`));
    } catch {
      server = (server + 1) % clients.length;
      // One that refuses at once must not keep a core busy.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  for (const client of clients) client.close();
}

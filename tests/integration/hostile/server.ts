/**
 * A server in a process of its own, for the hostile test: run with `--v8-flags=--expose-gc`. Writes one line of JSON with its port when it answers, and another with its memory for each line that
 * it reads. Ends with its input.
 */
import { startServer } from "../../../server/server.ts";

const [dataDir = ""] = Deno.args;
const server = await startServer({
  dataDir,
  datastoreEndpoint: "memory://",
  bindAddress: "127.0.0.1",
  port: 0,
  advertiseAddress: "127.0.0.1",
  tlsSan: [],
  clusterCidr: "10.42.0.0/16",
  serviceCidr: "10.43.0.0/16",
  nodePorts: { first: 30000, last: 32767 },
  clusterDns: "10.43.0.10",
  clusterDomain: "cluster.local",
  kubeconfig: `${dataDir}/kubeconfig`,
  kubeconfigMode: 0o600,
  disable: [],
  http1Only: false,
});
console.log(JSON.stringify({ port: server.port }));
const { gc } = globalThis as { gc?: () => void };
for await (const _ of Deno.stdin.readable) {
  for (let i = 0; i < 3; i++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external, rss } = Deno.memoryUsage();

  console.log(JSON.stringify({ heapUsed: heapUsed + external, rss }));
}
await server.close();

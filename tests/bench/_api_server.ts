/** A server for `apiserver.ts` to load, in a process of its own: the data directory, then `pods` to begin with. Prints its port. */
import { startServer } from "../../server/server.ts";
import { pods } from "../../api/resources.ts";

const [dataDir = "", count = "0"] = Deno.args;
const server = await startServer({
  dataDir,
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
const client = server.clientOf({ name: "system:apiserver", groups: ["system:masters"] });
const total = Number(count);
for (let done = 0; done < total; done += 100) {
  await Promise.all(Array.from({ length: Math.min(100, total - done) }, (_, i) =>
    client.create(pods, {
      metadata: { name: `pod-${done + i}`, namespace: "default", labels: { app: "bench" } },
      // No node has this name: nobody tries to run or to place them.
      spec: {
        nodeName: "nowhere",
        containers: [{ name: "main", image: "bench", env: [{ name: "A", value: "x".repeat(300) }] }],
      },
    })));
}
console.log(`port ${server.port}`);

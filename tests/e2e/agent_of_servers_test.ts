import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IMAGE } from "./cluster.ts";
import { NodeMachine } from "./node_machine.ts";
import { retry } from "./retry.ts";
import { ServerCluster, type TestServer } from "./server_cluster.ts";

const pod = `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: web, image: ${IMAGE}, command: [sh, -c, 'echo started; exec sleep 3600'] }]
`;

describe("an agent of three servers", () => {
  let cluster: ServerCluster;
  let node: NodeMachine;

  beforeAll(async () => {
    cluster = await ServerCluster.create(3);
    node = new NodeMachine(cluster.clientHost, `${cluster.directory}/edge`);
    await cluster.startAll();
    const [first] = cluster.servers as [TestServer];
    // Servers get no connection to the node's API: each has to use the one that the node has opened to it.
    await node.host.command("nft", [
      "table inet closed { chain in { type filter hook input priority 0; tcp dport 10250 iifname eth0 drop; } }",
    ]).output();
    const token = (await Deno.readTextFile(`${first.dataDir}/server/node-token`)).trim();
    await node.start("agent", [`--server=${first.url}`, `--token=${token}`]);
    await Deno.writeTextFile(`${cluster.directory}/pod.yaml`, pod);
    await cluster.kubectl(first, "apply", "-f", `${cluster.directory}/pod.yaml`);
    await cluster.kubectl(first, "wait", "--for=condition=Ready", "pod/web", "--timeout=60s");
  });

  afterAll(async () => {
    await node?.cleanUp().catch(async (error) => console.error(error, (await node.log()).slice(-4000)));
    await cluster?.[Symbol.asyncDispose]();
  });

  const reached = (server: TestServer) =>
    retry(`the node to be reached by ${server.url}`, async () => {
      expect(await cluster.kubectl(server, "exec", "web", "--", "echo", "here")).toBe("here\n");
      expect(await cluster.kubectl(server, "logs", "web")).toBe("started\n");
    });

  it("is reached by each of them through a connection of its own", async () => {
    for (const server of cluster.servers) await reached(server);
  }, 60_000);

  it("goes on with the others when one dies, whichever it was at", async () => {
    const [first, second, third] = cluster.servers as [TestServer, TestServer, TestServer];
    const renewTime = (at: TestServer) =>
      cluster.kubectl(at, "get", "lease", "-n", "kube-node-lease", "edge", "-o", "jsonpath={.spec.renewTime}");
    for (const [dead, alive] of [[first, second], [second, third]] as const) {
      await cluster.crash(dead);
      const before = await retry("the others to answer", () => renewTime(alive), 60_000);
      await retry("the agent to renew its Lease", async () => expect(await renewTime(alive)).not.toBe(before), 60_000);
      await reached(alive);
      // One of three may be away at a time.
      if (dead === first) await first.start();
    }
    const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
    await retry("the node to be Ready", async () => {
      expect(await cluster.kubectl(third, "get", "node", "edge", "-o", ready)).toBe("True");
    });
  }, 180_000);
});

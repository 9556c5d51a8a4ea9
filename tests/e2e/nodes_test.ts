import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HostBehindNat, hostBehindNat } from "../fixtures/host_behind_nat.ts";
import { NamespacedHosts } from "../fixtures/namespaced_hosts.ts";
import { IMAGE } from "./cluster.ts";
import { NodeMachine } from "./node_machine.ts";
import { retry } from "./retry.ts";

/** A Pod on a node that shows its node's name to whoever asks. */
const web = (node: string) => `
apiVersion: v1
kind: Pod
metadata: { name: web-${node}, labels: { app: web } }
spec:
  nodeName: ${node}
  terminationGracePeriodSeconds: 0
  containers:
  - name: web
    image: ${IMAGE}
    command: [sh, -c, 'mkdir -p /www; echo ${node} > /www/node; echo started on ${node}; exec httpd -f -p 8080 -h /www']
    ports: [{ containerPort: 8080 }]
`;

const service = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`;

describe("a cluster of a server, a node beside it and one behind NAT", () => {
  let directory: string;
  let hosts: NamespacedHosts;
  let inner: HostBehindNat;
  let server: NodeMachine;
  let near: NodeMachine;
  let far: NodeMachine;
  let join: readonly string[];

  beforeAll(async () => {
    directory = await Deno.makeTempDir({ prefix: "skiff-nodes-" });
    hosts = await NamespacedHosts.create(3);
    const [first, second, router] = hosts.hosts as [
      typeof hosts.hosts[0],
      typeof hosts.hosts[0],
      typeof hosts.hosts[0],
    ];
    inner = await hostBehindNat(router);
    server = new NodeMachine(first, `${directory}/home`);
    near = new NodeMachine(second, `${directory}/near`);
    far = new NodeMachine(inner, `${directory}/far`);
    await server.start("server", []);
    const token = (await Deno.readTextFile(`${server.dataDir}/server/node-token`)).trim();
    join = [`--server=https://${first.address}:6443`, `--token=${token}`];
    await Promise.all([near.start("agent", join), far.start("agent", join)]);
    await server.apply([web("home"), web("near"), web("far"), service].join("---"));
    await server.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s");
  });

  afterAll(async () => {
    for (const machine of [far, near, server]) {
      await machine?.cleanUp().catch(async (error) => console.error(error, (await machine.log()).slice(-4000)));
    }
    await inner?.[Symbol.asyncDispose]();
    await hosts?.[Symbol.asyncDispose]();
    await Deno.remove(directory, { recursive: true });
  });

  const inPod = (node: string, ...command: string[]) => server.kubectl("exec", `web-${node}`, "--", ...command);
  const podIP = (node: string) => server.kubectl("get", "pod", `web-${node}`, "-o", "jsonpath={.status.podIP}");

  it("gives each node a network of its own", async () => {
    const shares = await server.kubectl("get", "nodes", "-o", 'jsonpath={range .items[*]}{.spec.podCIDR}{"\\n"}{end}');
    expect(shares.trim().split("\n").sort()).toEqual(["10.42.0.0/24", "10.42.1.0/24", "10.42.2.0/24"]);
  });

  it("lets Pods of neighbouring nodes reach each other, by address, Service and name", async () => {
    expect(await inPod("home", "timeout", "5", "wget", "-qO-", `http://${await podIP("near")}:8080/node`)).toBe(
      "near\n",
    );
    expect(await inPod("near", "timeout", "5", "wget", "-qO-", `http://${await podIP("home")}:8080/node`)).toBe(
      "home\n",
    );
    // Of the Service's three endpoints one is behind NAT, where only an overlay leads.
    await server.kubectl("label", "pod", "web-far", "app-");
    const seen = new Set<string>();
    await retry("the Service to lead to both nodes", async () => {
      seen.add(await inPod("near", "timeout", "5", "wget", "-qO-", "http://web/node"));
      expect([...seen].sort()).toEqual(["home\n", "near\n"]);
    });
    expect(await inPod("near", "nslookup", "web.default.svc.cluster.local")).toContain("Name:");
    expect(await inPod("far", "nslookup", "kubernetes.default.svc.cluster.local")).toContain("10.43.0.1");
  });

  it("reaches into the node behind NAT: logs, exec with input, port-forward, metrics", async () => {
    const isReached = async (address: string) =>
      (await server.host.command("timeout", ["1", "bash", "-c", `</dev/tcp/${address}/10250`]).output()).success;
    expect([await isReached(near.host.address), await isReached(inner.address)]).toEqual([true, false]);
    expect(await server.kubectl("logs", "web-far")).toBe("started on far\n");
    expect(await inPod("far", "cat", "/www/node")).toBe("far\n");
    const cat = server.kubectlCommand(["exec", "-i", "web-far", "--", "cat"], { stdin: "piped", stdout: "piped" })
      .spawn();
    const writer = cat.stdin.getWriter();
    await writer.write(new TextEncoder().encode("there and back"));
    await writer.close();
    expect(new TextDecoder().decode((await cat.output()).stdout)).toBe("there and back");
    expect(await server.kubectl("get", "--raw", "/api/v1/nodes/far/proxy/stats/summary")).toContain('"nodeName":"far"');
    const forward = server.kubectlCommand(["port-forward", "pod/web-far", "18080:8080"], {
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      await retry("the forwarded port to answer", async () => {
        const { stdout } = await hosts.hosts[0]!.command("wget", ["-qO-", "-T3", "http://127.0.0.1:18080/node"])
          .output();
        expect(new TextDecoder().decode(stdout)).toBe("far\n");
      });
    } finally {
      forward.kill("SIGTERM");
      await forward.status;
    }
  });

  it("refuses another machine under a node's name, a wrong token and another cluster's", async () => {
    const stranger = new NodeMachine(hosts.hosts[2]!, `${directory}/stranger/near`);
    const reimaged = await stranger.refused(join);
    expect([reimaged.code, reimaged.stderr]).toEqual([1, expect.stringContaining("kubectl delete node near")]);
    const other = new NodeMachine(hosts.hosts[2]!, `${directory}/other`);
    const [url, token] = join as [string, string];
    const wrongToken = await other.refused([url, token.replace(/::node:.*/, "::node:wrong")]);
    expect([wrongToken.code, wrongToken.stderr]).toEqual([1, expect.stringContaining("does not know the token")]);
    const wrongCa = await other.refused([url, token.replace(/S10.{8}/, "S1000000000")]);
    expect([wrongCa.code, wrongCa.stderr]).toEqual([1, expect.stringContaining("belongs to another cluster")]);
    expect(await Deno.stat(other.dataDir).then(() => true, () => false)).toBe(false);
    expect((await server.kubectl("get", "nodes", "-o", "name")).trim().split("\n").sort())
      .toEqual(["node/far", "node/home", "node/near"]);
  });

  describe("whose server is away", () => {
    it("starts a node's Pods again", async () => {
      const addresses = (await podIP("far")).replace(/\.\d+$/, "");
      /** Asks all addresses of the node's network: those of Pods that have started anew are others. */
      const answers = async () => {
        const script = "for i in $(seq 2 9); do wget -qO- -T1 -t1 http://$0.$i:8080/node && break; done";
        const { stdout } = await far.host.command("sh", ["-c", script, addresses]).output();
        return new TextDecoder().decode(stdout);
      };
      expect(await answers()).toBe("far\n");
      await server.stop();
      // With its containers, as after a loss of power.
      await far.cleanUp();
      await far.start("agent", join, "none");
      await retry("the Pod to run again", async () => expect(await answers()).toBe("far\n"), 60_000);
      expect(await far.log()).toContain("going on with Pod");
    }, 90_000);

    it("has the nodes back when it returns", async () => {
      await server.start("server", []);
      await server.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=60s");
      await retry("the tunnel to be there again", async () => {
        expect(await inPod("far", "cat", "/www/node")).toBe("far\n");
      });
    }, 60_000);
  });
});

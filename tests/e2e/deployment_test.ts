import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IMAGE, TestCluster } from "./cluster.ts";
import { retry } from "./retry.ts";

const web = (version: string, replicas = 3) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 4
      containers:
      - name: web
        image: ${IMAGE}
        command: [sh, -c, 'mkdir -p /www/cgi-bin; echo ${version} > /www/version; hostname > /www/host; exec httpd -f -p 8080 -h /www']
        ports: [{ name: http, containerPort: 8080 }]
        readinessProbe: { httpGet: { path: /version, port: http }, periodSeconds: 1 }
        lifecycle: { preStop: { exec: { command: [sleep, "2"] } } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: web-node }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: c, image: ${IMAGE}, command: [sleep, "3600"] }]
`;

describe("a Deployment behind Services", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
    await cluster.apply(web("v1"));
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/client", "--timeout=60s");
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  const fromPod = (...command: string[]) => cluster.kubectl("exec", "client", "--", ...command);

  it("answers by ClusterIP, from a Pod and from the host", async () => {
    const ip = await cluster.jsonpath("service web", "{.spec.clusterIP}");
    expect(await fromPod("timeout", "5", "wget", "-qO-", `http://${ip}/version`)).toBe("v1\n");
    expect(await (await fetch(`http://${ip}/version`)).text()).toBe("v1\n");
  });

  it("answers at the node's port", async () => {
    const port = await cluster.jsonpath("service web-node", "{.spec.ports[0].nodePort}");
    const node = await cluster.jsonpath("nodes", "{.items[0].status.addresses[?(@.type=='InternalIP')].address}");
    expect(await (await fetch(`http://${node}:${port}/version`)).text()).toBe("v1\n");
    expect(await fromPod("timeout", "5", "wget", "-qO-", `http://${node}:${port}/version`)).toBe("v1\n");
  });

  it("answers by DNS name, from another Pod, long and short", async () => {
    for (const name of ["web", "web.default", "web.default.svc.cluster.local"]) {
      expect(await fromPod("timeout", "5", "wget", "-qO-", `http://${name}/version`)).toBe("v1\n");
    }
  });

  it("spreads connections over all three Pods, and a Pod reaches itself through the Service", async () => {
    const ip = await cluster.jsonpath("service web", "{.spec.clusterIP}");
    const hosts = await fromPod("sh", "-c", `for i in $(seq 40); do timeout 5 wget -qO- http://${ip}/host; done`);
    expect(new Set(hosts.trim().split("\n")).size).toBe(3);
    const [first] = (await cluster.jsonpath("pods", "{.items[*].metadata.name}", "-l", "app=web")).split(" ");
    const own = await cluster.kubectl(
      "exec",
      first!,
      "--",
      "sh",
      "-c",
      `for i in $(seq 30); do timeout 5 wget -qO- http://${ip}/host; done`,
    );
    expect(new Set(own.trim().split("\n")).size).toBe(3);
  }, 60_000);

  it("lets Pods reach the API through kubernetes.default", async () => {
    const script =
      'wget -qO- --no-check-certificate --header "Authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)" https://kubernetes.default/version';
    const answer = await cluster.tryKubectl(["exec", "client", "--", "sh", "-c", script]);
    // busybox's wget has no TLS in some builds; nc shows that the port answers then.
    if (answer.code === 0) expect(JSON.parse(answer.stdout).minor).toBe("36");
    else expect(await fromPod("sh", "-c", "nc -w 3 kubernetes.default 443 </dev/null && echo open")).toBe("open\n");
  });

  it("is updated without a failed request, and back", async () => {
    const ip = await cluster.jsonpath("service web", "{.spec.clusterIP}");
    const seen = new Map<string, number>();
    const failures: string[] = [];
    let stop = false;
    const load = (async () => {
      while (!stop) {
        try {
          const response = await fetch(`http://${ip}/version`, {
            signal: AbortSignal.timeout(5_000),
            headers: { connection: "close" },
          });
          const text = (await response.text()).trim();
          seen.set(text, (seen.get(text) ?? 0) + 1);
        } catch (error) {
          failures.push(String(error));
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    try {
      await cluster.apply(web("v2"));
      await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=90s");
      await retry("v2 alone", async () => expect(await (await fetch(`http://${ip}/version`)).text()).toBe("v2\n"));
      expect((await cluster.kubectl("rollout", "history", "deployment/web")).match(/^\d+ /gm)?.length).toBe(2);
      await cluster.kubectl("rollout", "undo", "deployment/web");
      await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=90s");
      await retry("v1 again", async () => expect(await (await fetch(`http://${ip}/version`)).text()).toBe("v1\n"));
    } finally {
      stop = true;
      await load;
    }
    expect(failures).toEqual([]);
    expect([...seen.keys()].toSorted()).toEqual(["v1", "v2"]);
  }, 240_000);

  it("scales to zero and back", async () => {
    await cluster.kubectl("scale", "deployment/web", "--replicas=0");
    await retry(
      "no Pods",
      async () => expect(await cluster.kubectl("get", "pods", "-l", "app=web", "-o", "name")).toBe(""),
    );
    expect(await cluster.jsonpath("endpoints web", "{.subsets}")).toBe("");
    const ip = await cluster.jsonpath("service web", "{.spec.clusterIP}");
    await expect(Deno.connect({ hostname: ip, port: 80 })).rejects.toThrow(Deno.errors.ConnectionRefused);
    await cluster.kubectl("scale", "deployment/web", "--replicas=3");
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    await retry("an answer", async () => expect(await (await fetch(`http://${ip}/version`)).text()).toBe("v1\n"));
  }, 120_000);

  it("takes a Pod whose readiness probe fails out of the endpoints, and puts it back", async () => {
    const [pod] = (await cluster.jsonpath("pods", "{.items[*].metadata.name}", "-l", "app=web")).split(" ");
    const address = await cluster.jsonpath(`pod ${pod}`, "{.status.podIP}");
    const endpoints = () => cluster.jsonpath("endpoints web", "{.subsets[*].addresses[*].ip}");
    expect(await endpoints()).toContain(address);
    await cluster.kubectl("exec", pod!, "--", "mv", "/www/version", "/www/away");
    await retry("the address to leave", async () => expect((await endpoints()).split(" ")).not.toContain(address));
    await cluster.kubectl("exec", pod!, "--", "mv", "/www/away", "/www/version");
    await retry("the address to return", async () => expect((await endpoints()).split(" ")).toContain(address));
  }, 60_000);
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IMAGE, TestCluster } from "./cluster.ts";
import { retry } from "./retry.ts";

const staticPod = (text: string) =>
  `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: default }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: c, image: "${IMAGE}", command: [sh, -c, "echo ${text}; exec sleep 3600"] }]
`;

describe("static Pods and manifests", () => {
  let cluster: TestCluster;
  let node: string;
  beforeAll(async () => {
    cluster = await TestCluster.start();
    node = await cluster.jsonpath("nodes", "{.items[0].metadata.name}");
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  it("runs a static Pod that comes, changes and goes with its file", async () => {
    const file = `${cluster.dataDir}/agent/pod-manifests/web.yaml`;
    await Deno.writeTextFile(file, staticPod("first"));
    await retry("the log", async () => expect(await cluster.kubectl("logs", `web-${node}`)).toBe("first\n"));
    expect(await cluster.jsonpath(`pod web-${node}`, "{.metadata.ownerReferences[0].kind}")).toBe("Node");
    expect(await cluster.jsonpath(`pod web-${node}`, "{.metadata.annotations.kubernetes\\.io/config\\.source}")).toBe(
      "file",
    );

    await Deno.writeTextFile(file, staticPod("second"));
    await retry("the new log", async () => expect(await cluster.kubectl("logs", `web-${node}`)).toBe("second\n"));

    const uid = await cluster.jsonpath(`pod web-${node}`, "{.metadata.uid}");
    await cluster.kubectl("delete", "pod", `web-${node}`, "--wait=false");
    await retry("a new mirror Pod", async () => {
      const now = await cluster.jsonpath(`pod web-${node}`, "{.metadata.uid}");
      expect(now).not.toBe("");
      expect(now).not.toBe(uid);
    });
    expect(await cluster.kubectl("logs", `web-${node}`)).toBe("second\n");

    await Deno.remove(file);
    await retry("the Pod to go", async () => {
      expect((await cluster.tryKubectl(["get", "pod", `web-${node}`])).stderr).toContain("not found");
    });
  }, 120_000);

  it("applies a manifest that comes, changes and goes, and prunes what it no longer makes", async () => {
    const file = `${cluster.dataDir}/server/manifests/settings.yaml`;
    const configMap = (name: string, value: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { value: "${value}" }\n`;
    await Deno.writeTextFile(file, `${configMap("a", "1")}---\n${configMap("b", "1")}`);
    await retry("both", async () => {
      expect(await cluster.jsonpath("configmap a b", "{.items[*].data.value}")).toBe("1 1");
    });
    await cluster.kubectl("label", "configmap", "a", "mine=yes");
    await Deno.writeTextFile(file, configMap("a", "2"));
    await retry(
      "the change",
      async () => expect(await cluster.jsonpath("configmap a", "{.data.value} {.metadata.labels.mine}")).toBe("2 yes"),
    );
    await retry(
      "b to go",
      async () => expect((await cluster.tryKubectl(["get", "configmap", "b"])).stderr).toContain("not found"),
    );
    await Deno.remove(file);
    await retry(
      "a to go",
      async () => expect((await cluster.tryKubectl(["get", "configmap", "a"])).stderr).toContain("not found"),
    );
  }, 60_000);

  it("names file, line and column of a fault, in the log and as an event, and applies the other files", async () => {
    const directory = `${cluster.dataDir}/server/manifests`;
    await Deno.writeTextFile(
      `${directory}/broken.yaml`,
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n\tdata: {}\n",
    );
    await Deno.writeTextFile(
      `${directory}/unknown.yaml`,
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\ndatum: {}\n",
    );
    await Deno.writeTextFile(`${directory}/good.yaml`, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good\n");
    await retry("the good one", async () => void await cluster.kubectl("get", "configmap", "good"));
    await retry("the log", async () => {
      const log = await cluster.log();
      expect(log).toMatch(/broken\.yaml:5:\d+:/);
      expect(log).toMatch(/unknown\.yaml:5:1: unknown field "datum"/);
    });
    await retry("the events", async () => {
      const events = await cluster.kubectl("get", "events", "-n", "kube-system", "-o", "jsonpath={.items[*].message}");
      expect(events).toMatch(/broken\.yaml:5:\d+:/);
      expect(events).toMatch(/unknown\.yaml:5:1:/);
    });
    await Deno.writeTextFile(`${directory}/broken.yaml`, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n");
    await retry("the mended one", async () => void await cluster.kubectl("get", "configmap", "x"));
  }, 60_000);

  it("prunes what a file had made that was removed while Skiff was down", async () => {
    const file = `${cluster.dataDir}/server/manifests/later.yaml`;
    await Deno.writeTextFile(file, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: later\n");
    await retry("it", async () => void await cluster.kubectl("get", "configmap", "later"));
    await cluster.down("--keep-pods");
    await Deno.remove(file);
    await cluster.up();
    await retry(
      "it to go",
      async () => expect((await cluster.tryKubectl(["get", "configmap", "later"])).stderr).toContain("not found"),
    );
  }, 60_000);
});

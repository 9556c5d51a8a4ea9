import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IMAGE, TestCluster } from "./cluster.ts";
import { retry } from "./retry.ts";

describe("what a cluster cannot do without", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
    await cluster.kubectl("run", "web", `--image=${IMAGE}`, "--", "sleep", "3600");
    await cluster.kubectl("wait", "pod/web", "--for=condition=Ready", "--timeout=30s");
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  it("comes back when it is deleted: the Service kubernetes", async () => {
    const address = await cluster.jsonpath("service kubernetes", "{.spec.clusterIP}");
    await cluster.kubectl("delete", "service", "kubernetes");
    await retry("the Service", async () => {
      expect(await cluster.jsonpath("service kubernetes", "{.spec.clusterIP}")).toBe(address);
      expect(await cluster.jsonpath("endpoints kubernetes", "{.subsets[0].ports[0].port}")).toBe(`${cluster.port}`);
    });
  });

  it("comes back when it is deleted: the namespace of the nodes' Leases", async () => {
    await cluster.kubectl("delete", "namespace", "kube-node-lease");
    await retry("a Lease", async () => {
      expect(await cluster.jsonpath("leases -n kube-node-lease", "{.items[*].metadata.name}")).not.toBe("");
    }, 30_000);
  }, 60_000);

  it("comes back when it is deleted: the Node, with its Pods", async () => {
    const uid = await cluster.jsonpath("pod web", "{.metadata.uid}");
    const container = await cluster.jsonpath("pod web", "{.status.containerStatuses[0].containerID}");
    await cluster.kubectl("delete", "node", "--all");
    await retry("the Node", async () => {
      expect(await cluster.jsonpath("nodes", "{.items[*].status.conditions[?(@.type=='Ready')].status}")).toBe("True");
    }, 30_000);
    await retry("the Pod to be Ready", async () => {
      expect(await cluster.jsonpath("pod web", "{.status.conditions[?(@.type=='Ready')].status}")).toBe("True");
    });
    expect(await cluster.jsonpath("pod web", "{.metadata.uid}")).toBe(uid);
    expect(await cluster.jsonpath("pod web", "{.status.containerStatuses[0].containerID}")).toBe(container);
  }, 60_000);

  it("shows a container for debugging the processes of its target", async () => {
    await cluster.kubectl("debug", "web", `--image=${IMAGE}`, "--target=web", "--container=look", "--", "ps");
    await retry("its output", async () => {
      expect(await cluster.kubectl("logs", "web", "-c", "look")).toMatch(/ 1 root +sleep 3600/);
    });
  });

  it("says that it does not know a kind", async () => {
    const { code, stderr } = await cluster.tryKubectl(
      ["apply", "-f", "-"],
      "apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: x }\n",
    );
    expect(code).toBe(1);
    expect(stderr).toContain('no matches for kind "Thing" in version "example.com/v1"');
  });
});

import { describe, expect, it } from "vitest";
import { systemClock } from "../../api/clock.ts";
import { nodes, pods } from "../../api/resources.ts";
import { PodsHarness } from "../pods/testing/harness.ts";
import { startStaticPods } from "./start_static_pods.ts";

const web = (image: string) => `
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: kube-system}
spec: {terminationGracePeriodSeconds: 1, containers: [{name: web, image: "${image}"}]}
`;

describe("startStaticPods", () => {
  it("runs what the files say, mirrors it, and follows each change", async () => {
    const h = await PodsHarness.start();
    const stop = new AbortController();
    const directory = `${h.directory}/manifests`;
    await Deno.mkdir(directory);
    await Deno.writeTextFile(`${directory}/web.yaml`, web("web:1"));
    const node = await h.client.create(nodes, { metadata: { name: "node1" }, spec: {} });
    const failures: string[] = [];
    const static_ = await startStaticPods({
      directory,
      nodeName: "node1",
      manager: h.manager,
      client: h.client,
      events: { event: (_, __, ___, message) => void failures.push(message) },
      node: () => node,
      clock: systemClock(),
      signal: stop.signal,
    });
    const target = { namespace: "kube-system", name: "web-node1" };
    const mirror = async () => (await h.client.list(pods, { namespace: "kube-system" })).items[0];
    try {
      await h.until("the mirror shows it running", async () => (await mirror())?.status?.phase === "Running");
      const first = (await mirror())!;
      expect(first.metadata.ownerReferences).toMatchObject([{ kind: "Node", name: "node1", controller: true }]);
      const hash = first.metadata.annotations!["kubernetes.io/config.mirror"];
      expect(h.manager.directory.pod("kube-system", "web-node1")!.metadata.uid).toBe(hash);

      await h.client.delete(pods, target);
      await h.until("the mirror is made anew", async () => {
        const again = await mirror();
        return again !== undefined && again.metadata.uid !== first.metadata.uid && again.status?.phase === "Running";
      });
      expect(h.runtime.calls.filter((call) => call === "startContainer web").length).toBe(1);

      await Deno.writeTextFile(`${directory}/bad.yaml`, "kind: [");
      await Deno.writeTextFile(`${directory}/web.yaml`, web("web:2"));
      await h.until("the new one runs", async () => {
        const now = await mirror();
        return now?.spec.containers[0]?.image === "web:2" && now.status?.phase === "Running";
      });
      await h.until("only the new one runs", async () => (await h.runtime.sandboxes()).length === 1);
      expect(failures.some((message) => message.startsWith(`${directory}/bad.yaml:1:`))).toBe(true);

      await Deno.remove(`${directory}/web.yaml`);
      await h.until(
        "all is gone",
        async () => await mirror() === undefined && (await h.runtime.sandboxes()).length === 0,
      );
    } finally {
      stop.abort(new Error("the test is over"));
      await static_.closed();
      await h.close();
    }
  });
});

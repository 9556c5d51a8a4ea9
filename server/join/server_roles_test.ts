import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { nodes } from "../../api/resources.ts";
import { MemoryClient } from "../../client/testing/memory_client.ts";
import { keepServerRoles } from "./server_roles.ts";

describe("keepServerRoles", () => {
  const labels = { "node-role.kubernetes.io/control-plane": "true", "node-role.kubernetes.io/etcd": "true" };
  let client: MemoryClient;
  let stop: AbortController;
  beforeEach(() => {
    client = new MemoryClient();
    stop = new AbortController();
    const roles = ["control-plane", "etcd"];
    keepServerRoles({ client, clock: new ManualClock(), signal: stop.signal, node: "pi", roles });
  });
  afterEach(() => stop.abort());

  /** The labels of a node once they are `count`. */
  async function labelled(name: string, count: number): Promise<Record<string, string>> {
    const options = { fieldSelector: `metadata.name=${name}`, signal: stop.signal };
    for await (const event of client.watch(nodes, options)) {
      const found = event.type === "BOOKMARK" ? {} : event.object.metadata.labels ?? {};
      if (Object.keys(found).length === count) return found;
    }
    throw new Error("the watch ended");
  }

  it("labels the server's own Node when it appears, and anew when it was made anew", async () => {
    await client.create(nodes, { metadata: { name: "other" }, spec: {} });
    await client.create(nodes, { metadata: { name: "pi", labels: { "example.com/mine": "1" } }, spec: {} });
    expect(await labelled("pi", 3)).toEqual({ ...labels, "example.com/mine": "1" });
    await client.delete(nodes, { name: "pi" });
    await client.create(nodes, { metadata: { name: "pi" }, spec: {} });
    expect(await labelled("pi", 2)).toEqual(labels);
    expect((await client.get(nodes, { name: "other" })).metadata.labels).toBeUndefined();
  });

  it("puts back what was taken or changed", async () => {
    await client.create(nodes, { metadata: { name: "pi" }, spec: {} });
    await labelled("pi", 2);
    const patch = { metadata: { labels: { "node-role.kubernetes.io/etcd": null, mine: "1" } } };
    await client.patch(nodes, { name: "pi" }, { type: "merge", patch });
    expect(await labelled("pi", 3)).toEqual({ ...labels, mine: "1" });
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock, systemClock } from "../../api/clock.ts";
import { nodes } from "../../api/resources.ts";
import { serviceUnavailable } from "../../api/status.ts";
import { MemoryClient } from "../../client/testing/memory_client.ts";
import { podCidrOf } from "./pod_cidr.ts";

describe("podCidrOf", () => {
  let directory: string;
  beforeEach(async () => void (directory = await Deno.makeTempDir({ prefix: "skiff-cidr-" })));
  afterEach(async () => await Deno.remove(directory, { recursive: true }));

  const options = (client: MemoryClient, clock = systemClock()) => ({
    name: "pi",
    ips: ["192.0.2.7"],
    labels: [],
    taints: [],
    kubeletPort: 0,
    version: "v1",
    client,
    clock,
    file: `${directory}/pod-cidr`,
    signal: new AbortController().signal,
  });
  const give = (client: MemoryClient, podCIDR: string) =>
    client.patch(nodes, { name: "pi" }, { type: "merge", patch: { spec: { podCIDR } } });

  it("makes the Node, waits for its network, and remembers it for a start without a server", async () => {
    const client = new MemoryClient();
    const asked = podCidrOf(options(client));
    for (;;) {
      const made = await client.get(nodes, { name: "pi" }).then(() => true, () => false);
      if (made) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await give(client, "10.42.7.0/24");
    expect(await asked).toBe("10.42.7.0/24");

    const away = new MemoryClient();
    away.get = () => Promise.reject(serviceUnavailable("nobody is there"));
    const clock = new ManualClock();
    const alone = podCidrOf(options(away, clock));
    let known: string | undefined;
    alone.then((share) => known = share);
    while (known === undefined) await clock.advance(1_000);
    expect(known).toBe("10.42.7.0/24");
    expect(clock.now() - Date.UTC(2026, 0, 1)).toBeGreaterThanOrEqual(2_000);
  });

  it("goes by the server where that answers", async () => {
    await Deno.writeTextFile(`${directory}/pod-cidr`, "10.42.7.0/24\n");
    const client = new MemoryClient();
    await client.create(nodes, { metadata: { name: "pi" }, spec: { podCIDR: "10.42.3.0/24" } });
    expect(await podCidrOf(options(client))).toBe("10.42.3.0/24");
    expect(await Deno.readTextFile(`${directory}/pod-cidr`)).toBe("10.42.3.0/24\n");
  });
});

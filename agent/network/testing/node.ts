import { configure } from "@logtape/logtape";
import { type Clock, systemClock } from "../../../api/clock.ts";
import { endpointslices, nodes, pods, services } from "../../../api/resources.ts";
import { keyOf, type KubeObject, type Resource, splitKey } from "../../../api/resource.ts";
import { createInformerFactory } from "../../../client/informers.ts";
import { MemoryClient } from "../../../client/testing/memory_client.ts";
import { cleanUpNetwork } from "../clean_up.ts";
import { type Network, type NetworkOptions, startNetwork } from "../network.ts";
import { serveOperations } from "./json_lines.ts";
import { peerOperations } from "./peer.ts";

export type StartInput = Omit<NetworkOptions, "informers" | "driver" | "clock">;

const RESOURCES = { Service: services, EndpointSlice: endpointslices, Pod: pods, Node: nodes } as Readonly<
  Record<string, Resource<KubeObject>>
>;

/** What was logged as a warning or worse. */
const complaints: string[] = [];
await configure({
  sinks: { complaints: (record) => void complaints.push(`${record.message.join("")}`) },
  loggers: [
    { category: "skiff", lowestLevel: "warning", sinks: ["complaints"] },
    { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
  ],
});

/** A hundred times as fast as others, so that what happens every quarter of an hour happens in a test. */
const { now, after } = systemClock();
const began = now();
const clock: Clock = {
  now: () => began + (now() - began) * 100,
  after: (milliseconds, fire) => after(milliseconds / 100, fire),
};

const client = new MemoryClient();
let running: { readonly network: Network; readonly stop: AbortController } | undefined;

/** A node whose API server is a client in memory. */
const nodeOperations = {
  ...peerOperations,
  async start(input: StartInput): Promise<{ dnsPort: number }> {
    const informers = createInformerFactory(client);
    const network = await startNetwork({ ...input, informers, clock });
    const stop = new AbortController();
    running = { network, stop };
    informers.start(stop.signal);
    await network.whenSynced();
    return { dnsPort: network.dnsPort };
  },
  async apply(object: KubeObject): Promise<void> {
    const resource = RESOURCES[object.kind!]!;
    const target = splitKey(keyOf(object));
    const there = client.all(resource).find((other) => keyOf(other) === keyOf(object));
    if (there) await client.delete(resource, target);
    await client.create(resource, object);
  },
  complaints: () => complaints.splice(0),
  async remove({ kind, key }: { kind: string; key: string }): Promise<void> {
    await client.delete(RESOURCES[kind]!, splitKey(key));
  },
  async close(input: { keep: boolean }): Promise<void> {
    running!.stop.abort();
    await running!.network.close(input);
  },
  cleanUp: (input: { instance: string; dataDir: string }) => cleanUpNetwork(input),
};

await serveOperations(nodeOperations);
Deno.exit();

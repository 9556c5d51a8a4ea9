import { type Clock, systemClock } from "../../api/clock.ts";
import type { Client } from "../../client/client.ts";
import { createEventRecorder } from "../../client/event_recorder.ts";
import { createInformerFactory } from "../../client/informers.ts";
import { registerNode } from "../node/register_node.ts";
import { startPods } from "../pods/start_pods.ts";
import { createSimulatedRuntime, type SimulatedRuntime } from "../runtime/simulated/simulated_runtime.ts";
import { hollowRuntime } from "./hollow_runtime.ts";
import { hollowVolumes } from "./hollow_volumes.ts";

export interface HollowNodeOptions {
  readonly name: string;
  readonly client: Client;
  /** Small files of the Pods, such as their hosts files, are written below it. */
  readonly directory: string;
  /** `192.0.2.N` is as good as any: nobody is there. */
  readonly ip: string;
  readonly podCidr: string;
  /** Of the software, as the Node shows it. */
  readonly version: string;
  readonly clock?: Clock;
  /** One with Pods in it already, such as another node's fork; it becomes the node's own. */
  readonly runtime?: SimulatedRuntime;
}

export interface HollowNode {
  readonly runtime: SimulatedRuntime;
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** For rollouts that get stuck: the tags under which tests name images that nobody has. */
const missingImages = { has: (reference: string) => /:(404|non-?existent)$/.test(reference) };

/**
 * A node whose Pods become Running without a container: registration, heartbeats, Pod lifecycle and status are the agent's own, only what runs is
 * simulated. Needs no root. Probes succeed; commands such as `false` or `sleep 5` end as they would; an image whose tag says that it is not there is not.
 */
export async function startHollowNode(options: HollowNodeOptions): Promise<HollowNode> {
  const { name, client, directory, ip, podCidr, clock = systemClock() } = options;
  await Deno.mkdir(directory, { recursive: true });
  const stop = new AbortController();
  const { signal } = stop;
  const simulated = options.runtime ?? createSimulatedRuntime({ clock, podCidr, nodeIP: ip, name, missingImages });
  const runtime = hollowRuntime(simulated, { client, clock });
  const informers = createInformerFactory(client, { clock });
  const facts = {
    nodeName: name,
    hostIPs: [ip],
    allocatable: {},
    memoryBytes: 2 ** 30,
    clusterDns: [],
    clusterDomain: "cluster.local",
    resolvConf: "/etc/resolv.conf",
    logRoot: `${directory}/logs`,
    podsRoot: `${directory}/pods`,
    seccompRoot: `${directory}/seccomp`,
    allowedUnsafeSysctls: [],
  };
  const starting = startPods({
    runtime,
    client,
    informers,
    events: createEventRecorder(client, { clock, signal, component: "kubelet", host: name }),
    facts: () => facts,
    cgroups: {
      path: ({ metadata }) => `/${metadata.uid}`,
      ensure: async () => {},
      remove: async () => {},
      list: async () => [],
    },
    volumes: hollowVolumes(`${directory}/volumes`),
    probe: async () => ({ success: true, output: "" }),
    clock,
    signal,
  });
  informers.start(signal);
  const manager = await starting;
  const node = await registerNode({
    name,
    ips: [ip],
    labels: ["skiff.dev/hollow=true"],
    taints: [],
    podCIDR: podCidr,
    kubeletPort: 10250,
    version: options.version,
    client,
    runtime,
    dataDirectory: directory,
    clock,
    signal,
  });
  return {
    runtime: simulated,
    ready: node.ready,
    async close() {
      stop.abort(new DOMException("the node stops", "AbortError"));
      await Promise.all([manager.closed(), node.closed]);
      await runtime.close();
    },
  };
}

import { getLogger } from "@logtape/logtape";
import { systemClock } from "../api/clock.ts";
import type { Client } from "../client/client.ts";
import { createEventRecorder } from "../client/event_recorder.ts";
import { createInformerFactory } from "../client/informers.ts";
import { detectHierarchy } from "./cgroups/hierarchy.ts";
import { createPodCgroups } from "./cgroups/pod_cgroups.ts";
import { startImageImporter } from "./images/importer.ts";
import { ensurePauseImage } from "./images/import_archive.ts";
import { PAUSE_IMAGE } from "./images/pause_image.ts";
import { openRegistries } from "./images/registries/open_registries.ts";
import { followServers } from "./join/follow_servers.ts";
import type { Membership } from "./join/membership.ts";
import { rotateLogs } from "./kubelet_api/logs/log_rotation.ts";
import { type KubeletTls, startKubeletApi } from "./kubelet_api/kubelet_api.ts";
import { startNetwork } from "./network/network.ts";
import { readFilesystem, readMachine } from "./node/machine.ts";
import { nodeResources } from "./node/node_object.ts";
import { podCidrOf } from "./node/pod_cidr.ts";
import { type NodeAgent, registerNode } from "./node/register_node.ts";
import type { AgentOptions } from "./options.ts";
import type { NodeFacts } from "./pods/node_facts.ts";
import { startPods } from "./pods/start_pods.ts";
import { containerdPaths } from "./runtime/containerd/paths.ts";
import { startContainerd, type Supervised } from "./runtime/containerd/supervise.ts";
import { createCriRuntime } from "./runtime/cri/cri_runtime.ts";
import { type ContainerRuntime, RuntimeError } from "./runtime/contract.ts";
import { keepTunnels } from "./tunnel/keep_tunnels.ts";
import { startStaticPods } from "./static_pods/start_static_pods.ts";

export interface AgentInputs extends AgentOptions {
  /** The API, in the same process or over HTTPS. */
  readonly client: Client;
  /** Authority that the API server's client certificate comes from, and what the node serves its own API with (PEM). */
  readonly identity: AgentIdentity;
  /** The cluster whose servers are elsewhere; absent where the server is in the same process. */
  readonly membership?: Pick<Membership, "servers" | "connectionTo" | "learnServers" | "time">;
  /** Of the software, as the Node shows it: `v1.36.0+skiff0.1.0`. */
  readonly version: string;
  /** Ends a start that still waits for something; once the agent runs, {@linkcode RunningAgent.close} is its end. */
  readonly signal?: AbortSignal;
}

/** What the node shows to others, and whom it trusts. All PEM. */
export interface AgentIdentity {
  readonly clusterCa: string;
  readonly serving: ServingPair;
  /** Calls back with what is new of it later. */
  onRenewed?(use: (identity: Pick<AgentIdentity, "clusterCa" | "serving">) => void): void;
}

interface ServingPair {
  readonly certificate: string;
  readonly key: string;
}

/** A node at work. */
export interface RunningAgent {
  /** Resolves when the Node was reported Ready for the first time. */
  readonly ready: Promise<void>;
  /** Ends the agent's work; containers, network and Services go on as they are. */
  close(): Promise<void>;
}

const logger = getLogger(["skiff", "agent"]);

function tlsOf({ clusterCa, serving }: Pick<AgentIdentity, "clusterCa" | "serving">): KubeletTls {
  return { cert: serving.certificate, key: serving.key, clientCa: clusterCa };
}

/**
 * Makes this machine a node: containerd, Pod network, Services, DNS, Pods. Resolves when all of it runs; the Node becomes Ready soon after. Rejects, having
 * released everything, when a part cannot start.
 */
export async function startAgent(options: AgentInputs): Promise<RunningAgent> {
  const { client, dataDir, nodeName, nodeIP, identity, membership } = options;
  const clock = systemClock();
  const stop = new AbortController();
  const { signal } = stop;
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    stop.abort(new DOMException("the agent stops", "AbortError"));
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  const giveUp = () => stop.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", giveUp, { once: true });
  try {
    options.signal?.throwIfAborted();
    await Deno.mkdir(`${dataDir}/agent`, { recursive: true, mode: 0o755 });
    const podCidr = options.podCidr ?? await podCidrOf({
      ...nodeOptions(options, 0),
      client,
      clock,
      file: `${dataDir}/agent/pod-cidr`,
      signal,
    });
    const informers = createInformerFactory(client, { clock });
    const events = createEventRecorder(client, { clock, signal, component: "kubelet", host: nodeName });
    // The network's files must be there before containerd makes a sandbox; the two start side by side.
    const [runtime, network, machine, filesystem, hierarchy] = await settled([
      openRuntime(options, closers),
      startNetwork({ ...options, podCidr, informers, clock }).then((network) => {
        closers.push(() => network.close({ keep: true }));
        return network;
      }),
      readMachine(),
      readFilesystem(dataDir),
      detectHierarchy(),
    ]);
    const importer = await startImageImporter({
      directory: `${dataDir}/agent/images`,
      recordFile: `${dataDir}/agent/containerd/imported.json`,
      socket: runtime.socket,
      runtime: runtime.runtime,
      clock,
      onProblem: ({ path, message }) =>
        events.event(
          { apiVersion: "v1", kind: "Node", name: nodeName },
          "Warning",
          "ImageImportFailed",
          `${path}: ${message}`,
        ),
    });
    closers.push(() => importer.stop());

    const capacity = nodeResources(nodeOptions(options, 0), machine, filesystem).allocatable;
    const facts: NodeFacts = {
      nodeName,
      hostIPs: [nodeIP],
      allocatable: capacity,
      memoryBytes: machine.memoryBytes,
      clusterDns: [options.clusterDns],
      clusterDomain: options.clusterDomain,
      resolvConf: options.resolvConf,
      logRoot: `${dataDir}/agent/pod-logs`,
      podsRoot: `${dataDir}/agent/kubelet/pods`,
      seccompRoot: `${dataDir}/agent/kubelet/seccomp`,
      allowedUnsafeSysctls: [],
    };
    const manager = await startPods({
      runtime: runtime.runtime,
      client,
      informers,
      events,
      facts: () => facts,
      cgroups: createPodCgroups({ hierarchy, name: options.instance }),
      savedPods: `${dataDir}/agent/saved-pods.json`,
      // A server in the same process is never away.
      ...membership && { savedObjects: `${dataDir}/agent/saved-objects.json` },
      clock,
      signal,
    });
    closers.push(() => manager.closed());
    const rotation = rotateLogs({ runtime: runtime.runtime, clock, signal });
    closers.push(() => rotation);
    const kubelet = await startKubeletApi({
      nodeName,
      address: "0.0.0.0",
      port: options.kubeletPort,
      tls: tlsOf(identity),
      pods: manager.directory,
      runtime: runtime.runtime,
      clock,
      ...membership && { time: membership.time },
    });
    closers.push(() => kubelet.close());
    if (membership) {
      followServers(informers, (servers) => membership.learnServers(servers));
      const tunnels = keepTunnels({
        servers: membership.servers,
        connectionTo: (server) => membership.connectionTo(server),
        port: kubelet.port,
        clock,
        signal,
      });
      closers.push(() => tunnels);
    }
    identity.onRenewed?.((renewed) => kubelet.setTls(tlsOf(renewed)));

    const registered: { node?: NodeAgent } = {};
    const staticPods = await startStaticPods({
      directory: `${dataDir}/agent/pod-manifests`,
      nodeName,
      manager,
      client,
      events,
      node: () => registered.node?.node,
      clock,
      signal,
    });
    closers.push(() => staticPods.closed());
    informers.start(signal);
    let networkReady = false;
    network.whenSynced(signal).then(() => {
      networkReady = true;
      registered.node?.poke();
    }, () => {});
    const node = await registerNode({
      ...nodeOptions(options, kubelet.port),
      podCIDR: podCidr,
      client,
      runtime: runtime.runtime,
      dataDirectory: dataDir,
      pinnedImages: () => new Set([...importer.pinned(), PAUSE_IMAGE]),
      notReady: () => networkReady ? undefined : "the rules of Services are not in place yet",
      clock,
      signal,
    });
    registered.node = node;
    closers.push(() => node.closed);
    staticPods.nodeChanged();
    await informers.whenSynced(signal);
    logger.info("node {node} is registered", { node: nodeName });
    return { ready: node.ready, close };
  } catch (error) {
    await close();
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", giveUp);
  }
}

interface OpenedRuntime {
  readonly runtime: ContainerRuntime;
  readonly socket: string;
}

async function startOwnContainerd(options: AgentInputs, closers: (() => Promise<void>)[]): Promise<Supervised> {
  const { dataDir, snapshotter, registriesFile, onlyMirrors = false } = options;
  const registries = registriesFile === undefined ? undefined : await openRegistries({
    file: registriesFile,
    directory: containerdPaths(dataDir).certsDir,
    onlyMirrors,
  });
  if (registries) closers.push(() => registries.close());
  return await startContainerd({
    dataDir,
    sandboxImage: PAUSE_IMAGE,
    ...snapshotter && { snapshotter },
    ...registries && { credentials: registries.credentials },
  });
}

/** The containerd that the options name, else one of our own, which outlives this process. */
async function openRuntime(options: AgentInputs, closers: (() => Promise<void>)[]): Promise<OpenedRuntime> {
  const given = options.containerRuntimeEndpoint;
  const supervised = given === undefined ? await startOwnContainerd(options, closers) : undefined;
  if (supervised) closers.push(() => supervised.stop({ keepPods: true }));
  const socket = (given ?? supervised!.endpoint).replace(/^unix:\/\//, "");
  const runtime = createCriRuntime({ endpoint: socket });
  closers.push(() => runtime.close());
  await runtime.version().catch((error) => {
    const message = `no container runtime answers at ${socket} (${(error as Error).message})`;
    throw new RuntimeError("unavailable", message, { cause: error });
  });
  await ensurePauseImage(socket, runtime.images);
  return { runtime, socket };
}

function nodeOptions(options: AgentInputs, kubeletPort: number) {
  return {
    name: options.nodeName,
    ips: [options.nodeIP],
    ...options.externalIPs && { externalIPs: options.externalIPs },
    ...options.maxPods !== undefined && { maxPods: options.maxPods },
    labels: options.nodeLabels,
    taints: options.nodeTaints,
    ...options.podCidr !== undefined && { podCIDR: options.podCidr },
    kubeletPort,
    version: options.version,
  };
}

/** Like `Promise.all`, but waits for all of them, so that whatever did start can be closed when one fails. */
async function settled<T extends readonly unknown[]>(promises: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(promises);
  return await Promise.all(promises) as unknown as T;
}

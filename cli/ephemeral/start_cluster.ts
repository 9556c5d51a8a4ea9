import { join } from "node:path";
import type { HollowNode } from "../../agent/hollow/hollow_node.ts";
import type { SimulatedRuntime } from "../../agent/runtime/simulated/simulated_runtime.ts";
import type { Client } from "../../client/client.ts";
import { type MemoryStore, openMemory } from "../../datastore/memory/memory_datastore.ts";
import { type RunningServer, startServer } from "../../server/server.ts";
import { serverVersion } from "../../server/version.ts";
import { readHost } from "../host.ts";
import { freeNetworks, type Networks, startRealNode } from "./real_node.ts";

export interface ClusterOptions {
  /** Simulated nodes, whose Pods become Running without a container. None by default: Pods then stay Pending. At most 1,000. */
  readonly hollowNodes?: number;
  /** 1 makes this machine a node that runs real containers. Needs root, containerd and the like; such a cluster has no fork. 0 unless told otherwise. */
  readonly nodes?: 0 | 1;
  /** Archives of images for that node's Pods: `docker save`, OCI layouts; also `.gz` and `.zst`. */
  readonly images?: readonly string[];
}

/** A cluster of its own, in this process; `await using` ends it. */
export interface Cluster extends AsyncDisposable {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** The administrator's client, in process: objects pass by reference, frozen. */
  readonly client: Client;
  /**
   * Starts a twin: another cluster with the same objects, running Pods and credentials, on a port of its own. What either does from then on the other does not see;
   * what neither changes is held once.
   */
  fork(): Promise<Cluster>;
  /** Stops it and removes its files; its forks go on. Idempotent. */
  close(): Promise<void>;
}

const MAX_HOLLOW_NODES = 1000;
/** What a twin needs of its parent's files: who vouches for it, and its tokens. */
const IDENTITY = ["tls", "token", "node-token"];

/**
 * Starts an API server with scheduler and all controllers on a free port of loopback, its store in memory, its few files in a temporary directory. Needs no root;
 * several run side by side. Resolves when the API answers and every hollow node is Ready.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { hollowNodes = 0, nodes = 0, images = [] } = options;
  if (!Number.isInteger(hollowNodes) || hollowNodes < 0 || hollowNodes > MAX_HOLLOW_NODES) {
    throw new RangeError(`hollowNodes is ${hollowNodes}; give a whole number from 0 to ${MAX_HOLLOW_NODES}`);
  }
  const runtimes = Array.from({ length: hollowNodes }, () => undefined);
  return await start({ store: openMemory(), runtimes, ...nodes > 0 && { realNode: { images } } });
}

/** What a cluster begins with. */
interface Beginning {
  readonly store: MemoryStore;
  /** One for each node; a new one where there is none. */
  readonly runtimes: readonly (SimulatedRuntime | undefined)[];
  /** The data directory whose credentials it has. */
  readonly parent?: string;
  /** This machine is a node, too. */
  readonly realNode?: { readonly images: readonly string[] };
}

const LOOPBACK = { name: "", address: "127.0.0.1", workingDirectory: "/" };
const NETWORKS: Networks = { clusterCidr: "10.42.0.0/16", serviceCidr: "10.43.0.0/16", clusterDns: "10.43.0.10" };

async function start({ store, runtimes, parent, realNode }: Beginning): Promise<Cluster> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-" });
  const closers: (() => Promise<void>)[] = [() => Deno.remove(directory, { recursive: true })];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    if (parent !== undefined) await copyIdentity(parent, directory);
    const host = realNode ? await readHost() : LOOPBACK;
    const networks = realNode ? freeNetworks(await Deno.readTextFile("/proc/net/route")) : NETWORKS;
    const clusterDomain = "cluster.local";
    const server = await startServer({
      ...networks,
      clusterDomain,
      dataDir: directory,
      // Real Pods come from outside the loopback.
      bindAddress: realNode ? "0.0.0.0" : host.address,
      port: 0,
      advertiseAddress: host.address,
      tlsSan: [],
      nodePorts: { first: 30000, last: 32767 },
      datastore: store,
      kubeconfig: `${directory}/kubeconfig`,
      kubeconfigMode: 0o600,
      disable: [],
      http1Only: false,
    });
    closers.push(() => server.close());
    if (realNode) {
      const { images } = realNode;
      closers.push(await startRealNode({ ...networks, clusterDomain, server, directory, host, images }));
    }
    const nodes = runtimes.length > 0 ? await startHollowNodes(server, runtimes, directory, closers) : [];
    return {
      kubeconfig: server.kubeconfig,
      url: `https://127.0.0.1:${server.port}`,
      client: server.clientOf({ name: "admin", groups: ["system:masters", "system:authenticated"] }),
      async fork() {
        if (realNode) throw new TypeError("a cluster with real containers cannot be doubled: start it with nodes: 0");
        // Store and runtimes in one step, so that they are of one moment.
        return await start({
          store: store.fork(),
          runtimes: nodes.map(({ runtime }) => runtime.fork()),
          parent: directory,
        });
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function copyIdentity(from: string, to: string): Promise<void> {
  await Deno.mkdir(join(to, "server", "tls"), { recursive: true, mode: 0o700 });
  for (const name of IDENTITY) {
    const path = join(from, "server", name);
    const { isDirectory } = await Deno.stat(path);
    const files = isDirectory ? [...Deno.readDirSync(path)].map((file) => join(name, file.name)) : [name];
    await Promise.all(files.map((file) => Deno.copyFile(join(from, "server", file), join(to, "server", file))));
  }
}

async function startHollowNodes(
  server: RunningServer,
  runtimes: readonly (SimulatedRuntime | undefined)[],
  directory: string,
  closers: (() => Promise<void>)[],
): Promise<readonly HollowNode[]> {
  const { startHollowNode } = await import("../../agent/hollow/hollow_node.ts");
  const nodes = await Promise.all(runtimes.map(async (runtime, i) => {
    const name = `hollow-${i}`;
    const node = await startHollowNode({
      name,
      client: server.clientOf({ name: `system:node:${name}`, groups: ["system:nodes", "system:authenticated"] }),
      directory: `${directory}/${name}`,
      ip: `198.18.${i >> 8}.${i & 255}`,
      podCidr: `10.${64 + (i >> 8)}.${i & 255}.0/24`,
      version: serverVersion.gitVersion,
      ...runtime && { runtime },
    });
    closers.push(() => node.close());
    return node;
  }));
  await Promise.all(nodes.map((node) => node.ready));
  return nodes;
}

import type { Client } from "../client/client.ts";
import { type RunningServer, startServer } from "../server/server.ts";
import { serverVersion } from "../server/version.ts";

export interface ClusterOptions {
  /** Simulated nodes, whose Pods become Running without a container. None by default: Pods then stay Pending. At most 1,000. */
  readonly hollowNodes?: number;
}

/** A cluster of its own, in this process; `await using` ends it. */
export interface Cluster extends AsyncDisposable {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** The administrator's client, in process: objects pass by reference, frozen. */
  readonly client: Client;
  /** Stops it and removes its files. Idempotent. */
  close(): Promise<void>;
}

const MAX_HOLLOW_NODES = 1000;

/**
 * Starts an API server with scheduler and all controllers on a free port of loopback, its store in memory, its few files in a temporary directory. Needs no root;
 * several run side by side. Resolves when the API answers and every hollow node is Ready.
 */
export async function startCluster({ hollowNodes = 0 }: ClusterOptions = {}): Promise<Cluster> {
  if (!Number.isInteger(hollowNodes) || hollowNodes < 0 || hollowNodes > MAX_HOLLOW_NODES) {
    throw new RangeError(`hollowNodes is ${hollowNodes}; give a whole number from 0 to ${MAX_HOLLOW_NODES}`);
  }
  const directory = await Deno.makeTempDir({ prefix: "skiff-" });
  const closers: (() => Promise<void>)[] = [() => Deno.remove(directory, { recursive: true })];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const server = await startServer({
      dataDir: directory,
      bindAddress: "127.0.0.1",
      port: 0,
      advertiseAddress: "127.0.0.1",
      tlsSan: [],
      clusterCidr: "10.42.0.0/16",
      serviceCidr: "10.43.0.0/16",
      nodePorts: { first: 30000, last: 32767 },
      clusterDns: "10.43.0.10",
      clusterDomain: "cluster.local",
      datastoreEndpoint: "memory://",
      kubeconfig: `${directory}/kubeconfig`,
      kubeconfigMode: 0o600,
      disable: [],
      http1Only: false,
    });
    closers.push(() => server.close());
    if (hollowNodes > 0) await startHollowNodes(server, hollowNodes, directory, closers);
    const client = server.clientOf({ name: "admin", groups: ["system:masters", "system:authenticated"] });
    return {
      kubeconfig: server.kubeconfig,
      url: `https://127.0.0.1:${server.port}`,
      client,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startHollowNodes(
  server: RunningServer,
  count: number,
  directory: string,
  closers: (() => Promise<void>)[],
): Promise<void> {
  const { startHollowNode } = await import("../agent/hollow/hollow_node.ts");
  const nodes = await Promise.all(Array.from({ length: count }, async (_, i) => {
    const name = `hollow-${i}`;
    const node = await startHollowNode({
      name,
      client: server.clientOf({ name: `system:node:${name}`, groups: ["system:nodes", "system:authenticated"] }),
      directory: `${directory}/${name}`,
      ip: `198.18.${i >> 8}.${i & 255}`,
      podCidr: `10.${64 + (i >> 8)}.${i & 255}.0/24`,
      version: serverVersion.gitVersion,
    });
    closers.push(() => node.close());
    return node;
  }));
  await Promise.all(nodes.map((node) => node.ready));
}

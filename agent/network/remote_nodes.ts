import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import type { Node } from "../../api/types/core_v1.ts";
import { pause } from "../../client/pause.ts";
import { contains, formatCidr, isIPv4, tryParseCidr } from "./cidr.ts";
import type { Cidr } from "./cidr.ts";
import type { NetworkDriver, RemoteNode } from "./driver.ts";
import type { Source } from "./services/service_directory.ts";

/** Milliseconds in which changes are gathered, and after which a failure is tried again. */
const GATHER = 100;
const TRY_AGAIN = 30_000;

const log = getLogger(["skiff", "network"]);

/** The other nodes that have an address and a share of the cluster's network, in the order of their names. */
export function remoteNodes(nodes: readonly Node[], ownName: string, clusterCidr: Cidr): RemoteNode[] {
  return nodes.flatMap(({ metadata, spec, status }): RemoteNode[] => {
    const { name = "" } = metadata;
    const address = status?.addresses?.find(({ type, address }) => type === "InternalIP" && isIPv4(address))?.address;
    const podCidr = tryParseCidr(spec?.podCIDR ?? "");
    if (name === ownName || address === undefined || podCidr === undefined) return [];
    // A route outside of it would take somebody else's traffic.
    const isShare = podCidr.prefix >= clusterCidr.prefix && contains(clusterCidr, formatCidr(podCidr).split("/")[0]!);
    return isShare ? [{ name, address, podCidr: formatCidr(podCidr) }] : [];
  }).sort((a, b) => a.name < b.name ? -1 : 1);
}

export interface RemoteNodesOptions {
  readonly nodes: Source<Node>;
  readonly nodeName: string;
  readonly clusterCidr: Cidr;
  readonly driver: NetworkDriver;
  readonly clock: Clock;
}

/** Tells the driver which nodes there are, whenever that changes, until the signal aborts. Start it when the informer has synced. */
export async function keepRemoteNodes(options: RemoteNodesOptions, signal: AbortSignal): Promise<void> {
  const { nodes, nodeName, clusterCidr, driver, clock } = options;
  let wake = () => {};
  const stop = nodes.onChange(() => wake());
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  let known: string | undefined;
  try {
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => wake = resolve);
      const wanted = remoteNodes(nodes.list(), nodeName, clusterCidr);
      const text = JSON.stringify(wanted);
      let failed = false;
      if (text !== known) {
        try {
          await driver.setNodes(wanted);
          known = text;
        } catch (error) {
          failed = true;
          log.warn("{error}", { error: (error as Error).message });
        }
      }
      // Nodes report every few minutes at least, mostly nothing that matters here.
      if (failed) await Promise.race([changed, pause(clock, TRY_AGAIN, signal)]);
      else await changed;
      await pause(clock, GATHER, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    stop();
  }
}

import { endpointslices } from "../../api/resources.ts";
import { isNotFound, methodNotAllowed } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import { type ClusterSettings, type NodeConfig, serverUrl } from "../../client/node_config.ts";
import { send } from "../apiserver/http/answer.ts";
import type { PathRoute } from "../apiserver/http/handler.ts";
import { KUBERNETES_SERVICE } from "../apiserver/registry/bootstrap.ts";

/** Tells nodes the cluster's settings, and where all of its servers are. */
export function nodeConfigRoute(
  { clusterCidr, serviceCidr, clusterDns, clusterDomain }: ClusterSettings,
  client: Client,
): PathRoute {
  const settings = { clusterCidr, serviceCidr, clusterDns, clusterDomain };
  return async (call) => {
    if (call.info.verb !== "get") throw methodNotAllowed();
    const addresses = await serverAddresses(client, call.signal);
    const config: NodeConfig = { ...settings, servers: addresses.map(({ host, port }) => serverUrl(host, port)) };
    return send(call, 200, "application/json", JSON.stringify(config));
  };
}

/** Where the servers are reached, as the endpoints of Service `kubernetes` say. */
export async function serverAddresses(
  client: Client,
  signal?: AbortSignal,
): Promise<readonly { readonly host: string; readonly port: number }[]> {
  try {
    const slice = await client.get(endpointslices, KUBERNETES_SERVICE, signal ? { signal } : {});
    const port = slice.ports?.[0]?.port ?? 0;
    return (slice.endpoints ?? []).flatMap(({ addresses }) => addresses).map((host) => ({ host, port }));
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

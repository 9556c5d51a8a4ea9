import { methodNotAllowed } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import { type ClusterSettings, NODE_CONFIG_PATH, NODE_TUNNEL_PATH } from "../../client/node_config.ts";
import { send } from "../apiserver/http/answer.ts";
import type { PathRoute } from "../apiserver/http/handler.ts";
import type { NodeTunnels } from "./node_tunnels.ts";
import { nodeConfigRoute } from "./node_config_route.ts";

/** The cluster's authority, for machines that know its hash and nothing else. Open to all. */
export const CLUSTER_CA_PATH = "/cacerts";

export interface JoinRouteOptions {
  /** PEM, as it is by now. */
  readonly clusterCa: () => string;
  readonly settings: ClusterSettings;
  /** Reads where the servers are. */
  readonly client: Client;
  readonly tunnels: NodeTunnels;
}

/** What machines ask for that are about to join. Who may is said by the roles `skiff:cluster-ca-viewer`, `skiff:joining-node` and `skiff:joining-server`. */
export function joinRoutes({ clusterCa, settings, client, tunnels }: JoinRouteOptions): ReadonlyMap<string, PathRoute> {
  return new Map<string, PathRoute>([
    [CLUSTER_CA_PATH, (call) => {
      if (call.info.verb !== "get" && call.info.verb !== "head") throw methodNotAllowed();
      return send(call, 200, "application/x-pem-file", clusterCa());
    }],
    [NODE_CONFIG_PATH, nodeConfigRoute(settings, client)],
    [NODE_TUNNEL_PATH, tunnels.route],
  ]);
}

import type { ServerOptions } from "../options.ts";
import { ClusterError } from "./error.ts";

/** Flags whose values all servers of a cluster have in common, and how an option says them. */
const SETTINGS: Readonly<Record<string, (options: ServerOptions) => string>> = {
  "--cluster-cidr": ({ clusterCidr }) => clusterCidr,
  "--service-cidr": ({ serviceCidr }) => serviceCidr,
  "--service-node-port-range": ({ nodePorts }) => `${nodePorts.first}-${nodePorts.last}`,
  "--cluster-dns": ({ clusterDns }) => clusterDns,
  "--cluster-domain": ({ clusterDomain }) => clusterDomain,
};

/** Values by flag. */
export type SharedSettings = Readonly<Record<string, string>>;

export function sharedSettings(options: ServerOptions): SharedSettings {
  return Object.fromEntries(Object.entries(SETTINGS).map(([flag, of]) => [flag, of(options)]));
}

/** Throws a ClusterError that names each flag with both values. What only one side knows is not compared: versions may differ. */
export function checkSettings(ours: SharedSettings, theirs: SharedSettings): void {
  const differing = Object.keys(ours).filter((flag) => theirs[flag] !== undefined && theirs[flag] !== ours[flag]);
  if (differing.length === 0) return;
  const shown = differing.map((flag) => `${flag} is ${ours[flag]} here and ${theirs[flag]} in the cluster`).join("; ");
  throw new ClusterError("settingsDiffer", `${shown}: start this server with the cluster's values`);
}

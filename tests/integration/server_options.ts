import type { ServerOptions } from "../../server/options.ts";

/** A server on the loopback, with everything as usual but what is given. */
export function loopbackOptions(dataDir: string, own: Partial<ServerOptions> = {}): ServerOptions {
  return {
    dataDir,
    bindAddress: "127.0.0.1",
    port: 0,
    advertiseAddress: "127.0.0.1",
    tlsSan: [],
    clusterCidr: "10.42.0.0/16",
    serviceCidr: "10.43.0.0/16",
    nodePorts: { first: 30000, last: 32767 },
    clusterDns: "10.43.0.10",
    clusterDomain: "cluster.local",
    kubeconfig: `${dataDir}/kubeconfig`,
    kubeconfigMode: 0o600,
    disable: [],
    http1Only: false,
    ...own,
  };
}

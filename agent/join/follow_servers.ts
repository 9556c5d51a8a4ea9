import { endpointslices } from "../../api/resources.ts";
import type { EndpointSlice } from "../../api/types/discovery_v1.ts";
import type { InformerFactory } from "../../client/informer_contract.ts";
import { serverUrl } from "../../client/node_config.ts";

/** Tells where the cluster's servers are, each time the endpoints of Service `kubernetes` have changed. */
export function followServers(informers: InformerFactory, learn: (servers: readonly string[]) => void): void {
  informers.informer(endpointslices).onChange(({ type, object }) => {
    const { namespace, name } = object.metadata;
    if (type !== "deleted" && namespace === "default" && name === "kubernetes") learn(serversIn(object));
  });
}

function serversIn({ ports, endpoints }: EndpointSlice): readonly string[] {
  const port = ports?.find(({ name }) => name === "https")?.port ?? ports?.[0]?.port;
  if (port === undefined) return [];
  return (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses).map((host) => serverUrl(host, port));
}

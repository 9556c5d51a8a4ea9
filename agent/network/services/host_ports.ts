import type { Pod } from "../../../api/types/core_v1.ts";
import { isIPv4 } from "../cidr.ts";
import { isPort } from "./backends.ts";
import type { Frontend } from "./frontend.ts";
import { PROTOCOLS } from "./service_frontends.ts";

/** The host ports of a Pod on this node, once it has an address and until it has ended. */
export function hostPortFrontends({ spec, status }: Pod): Frontend[] {
  const podIP = status?.podIP ?? "";
  if (!spec || spec.hostNetwork || !isIPv4(podIP)) return [];
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return [];
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...sidecars, ...spec.containers].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, containerPort, protocol = "TCP" }): Frontend[] => {
      const named = PROTOCOLS.get(protocol);
      if (named === undefined || !isPort(hostPort) || !isPort(containerPort)) return [];
      const isAnywhere = hostIP === undefined || hostIP === "" || hostIP === "0.0.0.0";
      // What the node's own processes have on their loopback is not a Pod's to take.
      if (!isAnywhere && (!isIPv4(hostIP) || hostIP.startsWith("127."))) return [];
      return [{
        at: isAnywhere ? { kind: "node" } : { kind: "address", address: hostIP },
        protocol: named,
        port: hostPort,
        backends: [{ address: podIP, port: containerPort }],
        masquerade: false,
        refusal: "reject",
      }];
    })
  );
}

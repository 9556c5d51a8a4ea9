import type { Pod } from "../../api/types/core_v1.ts";
import type { PortMapping, SandboxConfig } from "../runtime/contract.ts";
import { type DnsConfig } from "./dns_config.ts";
import { sandboxHostname } from "./hostname.ts";
import { podLabels } from "./labels.ts";
import { logDirectoryPath, type NodeFacts } from "./node_facts.ts";
import { namespaceModes, sandboxSecurity } from "./security_context.ts";

export function sandboxConfig(
  pod: Pod,
  attempt: number,
  facts: NodeFacts,
  dns: DnsConfig,
  cgroupParent: string,
): SandboxConfig {
  return {
    name: pod.metadata.name ?? "",
    namespace: pod.metadata.namespace ?? "",
    uid: pod.metadata.uid ?? "",
    attempt,
    hostname: pod.spec.hostNetwork && !pod.spec.hostnameOverride
      ? ""
      : sandboxHostname(pod, facts.clusterDomain, facts.nodeName),
    logDirectory: logDirectoryPath(facts, pod),
    dns,
    portMappings: pod.spec.hostNetwork ? [] : hostPorts(pod),
    labels: podLabels(pod),
    annotations: pod.metadata.annotations ?? {},
    cgroupParent,
    sysctls: Object.fromEntries((pod.spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    namespaces: namespaceModes(pod),
    security: sandboxSecurity(pod),
  };
}

/** Ports of the node that lead into the Pod. */
export function hostPorts(pod: Pod): PortMapping[] {
  return [...pod.spec.containers, ...pod.spec.initContainers?.filter((init) => init.restartPolicy === "Always") ?? []]
    .flatMap((container) => container.ports ?? [])
    .filter((port) => (port.hostPort ?? 0) > 0)
    .map((port) => ({
      protocol: (port.protocol ?? "TCP") as PortMapping["protocol"],
      containerPort: port.containerPort,
      hostPort: port.hostPort!,
      hostIP: port.hostIP ?? "",
    }));
}

import type { ContainerPort, Pod, Service, ServicePort } from "../../../api/types/core_v1.ts";

export interface PodPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly appProtocol: string | undefined;
}

/** The ports of a Pod that serve the Service's; one whose named target the Pod does not have is left out. In a fixed order. */
export function portsFor(service: Service, pod: Pod): PodPort[] {
  const ports: PodPort[] = [];
  for (const { name = "", protocol = "TCP", appProtocol, ...rest } of service.spec.ports ?? []) {
    const port = targetOf(rest, protocol, pod);
    if (port !== undefined) ports.push({ name, protocol, port, appProtocol });
  }
  return ports.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.port - b.port);
}

/** Equal for equal ports. */
export function portsKey(
  ports: readonly {
    readonly name?: string | undefined;
    readonly port?: number | undefined;
    readonly protocol?: string | undefined;
    readonly appProtocol?: string | undefined;
  }[],
): string {
  return JSON.stringify(
    ports.map(({ name, port, protocol, appProtocol }) => [name ?? "", port, protocol ?? "TCP", appProtocol ?? ""])
      .sort(),
  );
}

function targetOf(
  { targetPort, port }: Pick<ServicePort, "targetPort" | "port">,
  protocol: string,
  pod: Pod,
): number | undefined {
  if (typeof targetPort !== "string") return targetPort || port;
  return containerPorts(pod).find(({ name, protocol: its = "TCP" }) => name === targetPort && its === protocol)
    ?.containerPort;
}

function containerPorts({ spec }: Pod): ContainerPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...spec.containers, ...sidecars].flatMap(({ ports }) => ports ?? []);
}

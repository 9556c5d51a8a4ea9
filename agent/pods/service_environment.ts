import type { Service } from "../../api/types/core_v1.ts";

/** Of all Services those that Pods of a namespace may be told of, and of these no more than the variables need. */
export function seenServices(services: readonly Service[], namespace: string): readonly Service[] {
  return services.filter(({ metadata: { name, namespace: of } }) =>
    of === namespace || of === "default" && name === "kubernetes"
  ).map(({ metadata: { name = "", namespace: of = "" }, spec: { clusterIP, ports } }) => ({
    metadata: { name, namespace: of },
    spec: { ...clusterIP !== undefined && { clusterIP }, ...ports && { ports } },
  }));
}

/** The variables by which Pods found Services before there was DNS; `kubernetes` of `default` is told to every Pod. */
export function serviceEnvironment(
  services: readonly Service[],
  namespace: string,
  serviceLinks: boolean,
): Map<string, string> {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { name = "", namespace: of } = service.metadata;
    const ip = service.spec?.clusterIP;
    if (!ip || ip === "None") continue;
    if (of === namespace && serviceLinks) chosen.set(name, service);
    else if (of === "default" && name === "kubernetes" && !chosen.has(name)) chosen.set(name, service);
  }
  const variables = new Map<string, string>();
  for (const service of chosen.values()) addService(variables, service);
  return variables;
}

function addService(variables: Map<string, string>, service: Service): void {
  const prefix = variableName(service.metadata.name ?? "");
  const { clusterIP = "", ports = [] } = service.spec ?? {};
  const host = clusterIP.includes(":") ? `[${clusterIP}]` : clusterIP;
  const [first] = ports;
  if (!first) return;
  variables.set(`${prefix}_SERVICE_HOST`, clusterIP);
  variables.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const port of ports) {
    if (port.name) variables.set(`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
  }
  for (const port of ports) {
    const protocol = (port.protocol ?? "TCP").toLowerCase();
    const name = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
    const url = `${protocol}://${host}:${port.port}`;
    if (port === first) variables.set(`${prefix}_PORT`, url);
    variables.set(name, url);
    variables.set(`${name}_PROTO`, protocol);
    variables.set(`${name}_PORT`, String(port.port));
    variables.set(`${name}_ADDR`, clusterIP);
  }
}

function variableName(text: string): string {
  return text.toUpperCase().replaceAll("-", "_");
}

import { deepEqual } from "../../../api/meta/deep_equal.ts";
import {
  configmaps,
  endpoints,
  endpointslices,
  namespaces,
  priorityclasses,
  servicecidrs,
  services,
} from "../../../api/resources.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import { isAlreadyExists, isConflict } from "../../../api/status.ts";
import type { Endpoints, Service } from "../../../api/types/core_v1.ts";
import type { EndpointSlice } from "../../../api/types/discovery_v1.ts";
import type { Client } from "../../../client/client.ts";
import { systemPriorityClasses } from "../kinds/scheduling.ts";

export interface BootstrapOptions {
  /** Where Pods reach the API servers: addresses of their nodes, not loopback. IPv4. Asked whenever they are written. */
  readonly addresses: () => readonly string[];
  readonly port: number;
  /** The network of the Services: `10.43.0.0/16`. */
  readonly serviceCIDR: string;
  /** Cluster IP of the Service `kubernetes`: the first one of the service network. */
  readonly serviceIP: string;
  /** The authorities of client certificates, in PEM: programs that let the API server's users in ask for them. */
  readonly clientCa?: () => string;
}

export const SYSTEM_NAMESPACES: readonly string[] = ["default", "kube-system", "kube-public", "kube-node-lease"];
/** The Service by which Pods find the API. */
export const KUBERNETES_SERVICE = { namespace: "default", name: "kubernetes" } as const;
const { namespace, name } = KUBERNETES_SERVICE;
/** Each conflict means that another server was faster: there are not many of them. */
const ATTEMPTS = 10;

/** The ServiceCIDR of the network that the server was started with. */
export const DEFAULT_SERVICE_CIDR = "kubernetes";

/** The store holds a cluster that these options do not fit. */
export class BootstrapError extends Error {
  override readonly name = "BootstrapError";
  readonly reason = "ServiceNetworkChanged";
}

/**
 * Makes what every cluster has from its first moment, and points `default/kubernetes` at the servers. Safe to run at each start. Throws a
 * {@linkcode BootstrapError} when the cluster was made with another service network.
 */
export async function bootstrap(client: Client, options: BootstrapOptions): Promise<void> {
  await makeBasics(client, options);
  await putEndpoints(client, options);
}

/** The same without the servers' addresses. */
export async function makeBasics(client: Client, options: BootstrapOptions): Promise<void> {
  await Promise.all(SYSTEM_NAMESPACES.map((name) => ensure(client, namespaces, { metadata: { name }, spec: {} })));
  const classes = Object.entries(systemPriorityClasses).map(([name, value]) =>
    ensure(client, priorityclasses, {
      metadata: { name },
      value,
      description: name === "system-node-critical"
        ? "For Pods that a node cannot do without, of all priorities the highest."
        : "For Pods that the cluster cannot do without.",
    })
  );
  await Promise.all([
    ...classes,
    putService(client, options),
    ...(options.clientCa ? [putAuthentication(client, options.clientCa())] : []),
    ensure(client, servicecidrs, {
      metadata: { name: DEFAULT_SERVICE_CIDR },
      spec: { cidrs: [options.serviceCIDR] },
    }),
  ]);
}

/** Points `default/kubernetes` at the servers; writes nothing when it does already. */
export async function putEndpoints(client: Client, options: BootstrapOptions): Promise<void> {
  await Promise.all([
    put(client, endpoints, kubernetesEndpoints(options), ["subsets"]),
    put(client, endpointslices, kubernetesSlice(options), ["endpoints", "ports"]),
  ]);
}

async function ensure<T extends KubeObject>(client: Client, resource: Resource<T>, object: T): Promise<T | undefined> {
  try {
    return await client.create(resource, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return undefined;
  }
}

/** Where aggregated servers, and others that know users as the API server does, read by whom certificates are signed. */
function putAuthentication(client: Client, clientCa: string): Promise<void> {
  const metadata = { name: "extension-apiserver-authentication", namespace: "kube-system" };
  return put(client, configmaps, { metadata, data: { "client-ca-file": clientCa } }, ["data"]);
}

/** Its address is in every Pod's environment and in the certificates, and the other Services' addresses lie around it. */
async function putService(client: Client, options: BootstrapOptions): Promise<void> {
  if (await ensure(client, services, kubernetesService(options))) return;
  const { spec } = await client.get(services, KUBERNETES_SERVICE);
  if (spec.clusterIP === options.serviceIP) return;
  throw new BootstrapError(
    `this cluster was made with a service network that begins with ${spec.clusterIP}, and --service-cidr has ${options.serviceIP}: ` +
      "it cannot be changed; give the one that the cluster was made with",
  );
}

/** The addresses may be other ones than at the last start, and other servers may be writing theirs. */
async function put<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  wanted: T,
  fields: readonly (keyof T)[],
): Promise<void> {
  if (await ensure(client, resource, wanted)) return;
  const { namespace = "", name = "" } = wanted.metadata;
  const place = { namespace, name };
  for (let attempt = 1;; attempt++) {
    const found = await client.get(resource, place);
    if (fields.every((field) => deepEqual(found[field], wanted[field]))) return;
    try {
      await client.update(resource, { ...found, ...Object.fromEntries(fields.map((field) => [field, wanted[field]])) });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

function kubernetesService({ port, serviceIP }: BootstrapOptions): Service {
  return {
    metadata: { name, namespace, labels: { component: "apiserver", provider: "kubernetes" } },
    spec: {
      type: "ClusterIP",
      clusterIP: serviceIP,
      ipFamilyPolicy: "SingleStack",
      ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: port }],
    },
  };
}

function kubernetesEndpoints({ addresses, port }: BootstrapOptions): Endpoints {
  return {
    // There is a slice already; nobody needs to make one of these.
    metadata: { name, namespace, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
    subsets: [{ addresses: addresses().map((ip) => ({ ip })), ports: [{ name: "https", port, protocol: "TCP" }] }],
  };
}

function kubernetesSlice({ addresses, port }: BootstrapOptions): EndpointSlice {
  return {
    metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints: addresses().map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: "https", port, protocol: "TCP" }],
  };
}

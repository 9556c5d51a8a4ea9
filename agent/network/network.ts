import { getLogger } from "@logtape/logtape";
import { type Clock, systemClock } from "../../api/clock.ts";
import { endpointslices, nodes, pods, services } from "../../api/resources.ts";
import type { InformerFactory } from "../../client/informer_contract.ts";
import { Forwarder } from "../dns/forwarder.ts";
import { Resolver } from "../dns/resolver.ts";
import { type DnsServer, serveDns } from "../dns/server.ts";
import { ResolvConfUpstreams } from "../dns/upstreams.ts";
import type { AgentOptions } from "../options.ts";
import { ensureBridge, mtuTowards } from "./bridge.ts";
import { formatCidr, gatewayOf, parseCidr, parseIPv4 } from "./cidr.ts";
import { cleanUpNetwork } from "./clean_up.ts";
import { writeCniConfig } from "./cni.ts";
import type { NetworkDriver } from "./driver.ts";
import { NetworkError } from "./error.ts";
import { hostGatewayDriver } from "./host_gateway.ts";
import { networkNames } from "./names.ts";
import { warnOfForeignFirewall } from "./foreign_firewall.ts";
import type { Frontend } from "./services/frontend.ts";
import { HealthCheckServers } from "./services/health_checks.ts";
import { hasTable } from "./services/nft.ts";
import { ServiceDirectory } from "./services/service_directory.ts";
import { ServiceSync } from "./services/service_sync.ts";
import { keepRemoteNodes } from "./remote_nodes.ts";
import { letBridgeFilter, letForward } from "./sysctl.ts";

export interface NetworkOptions extends
  Pick<
    AgentOptions,
    | "dataDir"
    | "nodeName"
    | "nodeIP"
    | "clusterCidr"
    | "serviceCidr"
    | "clusterDns"
    | "clusterDomain"
    | "resolvConf"
    | "instance"
  > {
  /** This node's share of the cluster's network. */
  readonly podCidr: string;
  /** Asked for Services, EndpointSlices, Nodes and this node's Pods; somebody else starts it. */
  readonly informers: InformerFactory;
  /** Routes by the other nodes' addresses when absent. */
  readonly driver?: NetworkDriver;
  readonly clock?: Clock;
}

export interface Network {
  /** The bridge's address: the Pods' way out, and their source where they reach themselves. */
  readonly gateway: string;
  /** Where the cluster DNS listens, on {@linkcode gateway}. */
  readonly dnsPort: number;
  /** Resolves once the Services that there were at the start are in the rules; rejects with the signal's reason. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  /** With `keep`, Pods and Services go on working as they are, but for DNS; without, nothing of the network is left. */
  close(options: { readonly keep: boolean }): Promise<void>;
}

/** The first is for rules that outlive a restart of Skiff; whoever has it on all addresses gets out of the way of the second. */
const DNS_PORTS = [10_053, 0];

const log = getLogger(["skiff", "network"]);

/**
 * Gives the node its Pod network, Services and cluster DNS. Resolves when Pods can be started; the Services follow once the informers have
 * synced, until when the rules of an earlier run stay in force. Rejects with a `NetworkError`.
 */
export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const { dataDir, informers, instance, nodeName, clusterDns } = options;
  const { table, bridge } = networkNames(instance);
  const podCidr = parseCidr("the node's Pod network", options.podCidr);
  const clusterNetwork = parseCidr("the cluster's network", options.clusterCidr);
  const clusterCidr = formatCidr(clusterNetwork);
  const serviceCidr = formatCidr(parseCidr("the Service network", options.serviceCidr));
  if (parseIPv4(clusterDns) === undefined) {
    throw new NetworkError("invalid", `the cluster DNS address ${JSON.stringify(clusterDns)} is not an IPv4 address`);
  }
  const { driver = hostGatewayDriver(instance) } = options;
  const gateway = gatewayOf(podCidr);
  const clock = options.clock ?? systemClock({ background: true });

  await letForward();
  const bridgeFiltersIp = await letBridgeFilter();
  const mtu = await mtuTowards(options.nodeIP) - driver.overhead;
  await ensureBridge({ name: bridge, address: gateway, prefix: podCidr.prefix, mtu, serviceCidr });

  const stop = new AbortController();
  const closers: (() => void | Promise<void>)[] = [];
  const close = async () => {
    stop.abort();
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const serviceInformer = informers.informer(services);
    const sliceInformer = informers.informer(endpointslices);
    const podInformer = informers.informer(pods, { fieldSelector: `spec.nodeName=${nodeName}` });
    const nodeInformer = informers.informer(nodes);
    const directory = new ServiceDirectory(serviceInformer, sliceInformer);
    closers.push(() => directory[Symbol.dispose]());
    const healthChecks = new HealthCheckServers(directory, nodeName);
    closers.push(() => healthChecks[Symbol.asyncDispose]());
    const dns = await startDns({ ...options, clusterCidr, serviceCidr }, {
      directory,
      gateway,
      clock,
      signal: stop.signal,
      isReady: () => serviceInformer.synced && sliceInformer.synced,
    });
    closers.push(() => dns.close());

    const facts = { table, bridge, podCidr: formatCidr(podCidr), clusterCidr, serviceCidr, bridgeFiltersIp };
    const own = dnsFrontends(clusterDns, { address: gateway, port: dns.port });
    const sync = new ServiceSync({ facts, nodeName, directory, pods: podInformer, own, clock });
    if (!await hasTable(table)) await sync.applyBase();
    await warnOfForeignFirewall(bridge);
    // Last: from now on containerd gives Pods their addresses.
    await writeCniConfig({ dataDir, bridge, podCidr, mtu });

    const syncServices = async () => {
      await Promise.all([serviceInformer, sliceInformer, podInformer].map((i) => i.whenSynced(stop.signal)));
      await sync.run(stop.signal);
    };
    const syncNodes = async () => {
      await nodeInformer.whenSynced(stop.signal);
      const wanted = { nodes: nodeInformer, nodeName, clusterCidr: clusterNetwork, driver, clock };
      await keepRemoteNodes(wanted, stop.signal);
    };
    const syncing = Promise.all([syncServices(), syncNodes()]).catch((error) => {
      if (!stop.signal.aborted) log.error("Services and routes are no longer kept: {error}", { error });
    });
    closers.push(() => syncing.then(() => {}));

    return {
      gateway,
      dnsPort: dns.port,
      whenSynced: (signal) => sync.whenApplied(signal),
      async close({ keep }) {
        await close();
        if (keep) return;
        await driver.setNodes([]);
        await cleanUpNetwork({ instance, dataDir });
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface DnsParts {
  readonly directory: ServiceDirectory;
  readonly gateway: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly isReady: () => boolean;
}

function startDns(options: NetworkOptions, { gateway, clock, signal, ...parts }: DnsParts): Promise<DnsServer> {
  const { clusterDns, clusterCidr, serviceCidr } = options;
  const upstreams = new ResolvConfUpstreams(options.resolvConf, [clusterDns, gateway], clock);
  const resolver = new Resolver({
    ...parts,
    domain: options.clusterDomain.toLowerCase(),
    clusterDns,
    forwarder: new Forwarder({ upstreams, clock, signal }),
    ownNetworks: [clusterCidr, serviceCidr],
  });
  return serveDns({ resolver, hostname: gateway, ports: DNS_PORTS, clock });
}

/** The cluster DNS is no Service's: Service kube-dns only shows its address, and has no endpoints. */
function dnsFrontends(address: string, backend: { address: string; port: number }): Frontend[] {
  return (["udp", "tcp"] as const).map((protocol) => ({
    at: { kind: "address", address },
    protocol,
    port: 53,
    backends: [backend],
    masquerade: false,
    refusal: "reject",
  }));
}

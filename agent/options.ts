/** What a node's agent is told at its start. */
export interface AgentOptions {
  /** Absolute; `agent/` in it is the agent's own. */
  readonly dataDir: string;
  readonly nodeName: string;
  readonly nodeIP: string;
  /** Addresses by which the node is reached from outside. */
  readonly externalIPs?: readonly string[];
  /** `key=value` */
  readonly nodeLabels: readonly string[];
  /** `key=value:effect` or `key:effect` */
  readonly nodeTaints: readonly string[];
  /** This node's share of the cluster's network; absent: what the server gives it. */
  readonly podCidr?: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly clusterDns: string;
  readonly clusterDomain: string;
  /** A containerd that runs already, instead of one of our own. */
  readonly containerRuntimeEndpoint?: string;
  /** Of our own containerd; overlayfs where the file system can hold it, unless told otherwise. */
  readonly snapshotter?: "overlayfs" | "native";
  /** k3s's registries.yaml; absolute. Need not be there. */
  readonly registriesFile?: string;
  /** Registries that have mirrors are reached by those alone. */
  readonly onlyMirrors?: boolean;
  /** How many Pods the node takes: 110 unless told otherwise. */
  readonly maxPods?: number;
  /** 0 takes a free one. */
  readonly kubeletPort: number;
  /** The file whose name servers `dnsPolicy: Default` and the cluster DNS forward to. */
  readonly resolvConf: string;
  /** Short and unique on this machine: interfaces, nft tables and cgroups are named after it. At most 8 characters. */
  readonly instance: string;
}

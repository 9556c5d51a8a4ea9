/** What Pods need to know of the node they run on. */
export interface NodeFacts {
  readonly nodeName: string;
  /** The first is the node's internal IP. */
  readonly hostIPs: readonly string[];
  /** Quantities by resource: what a container without a limit of its own may use. */
  readonly allocatable: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  /** Addresses of the cluster's name servers. */
  readonly clusterDns: readonly string[];
  /** `cluster.local` */
  readonly clusterDomain: string;
  /** The node's own: `/etc/resolv.conf`. */
  readonly resolvConf: string;
  /** Where logs lie: `/var/log/pods`. */
  readonly logRoot: string;
  /** Below it, each Pod has a directory named by its uid. */
  readonly podsRoot: string;
  /** Where `localhostProfile`s are looked for. */
  readonly seccompRoot: string;
  /** Pods may set these besides the safe ones; a name, or a prefix and `*`. */
  readonly allowedUnsafeSysctls: readonly string[];
}

export function podDirectoryPath(facts: NodeFacts, uid: string): string {
  return `${facts.podsRoot}/${uid}`;
}

export function logDirectoryPath(
  facts: NodeFacts,
  pod: { readonly metadata: { namespace?: string; name?: string; uid?: string } },
): string {
  const { namespace, name, uid } = pod.metadata;
  return `${facts.logRoot}/${namespace}_${name}_${uid}`;
}

import type { Pod } from "../../api/types/core_v1.ts";

const maxHostnameLength = 63;

interface PodHostname {
  readonly hostname: string;
  /** `NAME.SUBDOMAIN.NAMESPACE.svc.DOMAIN`; absent without a subdomain. */
  readonly fqdn?: string;
}

function podHostname(pod: Pod, clusterDomain: string): PodHostname {
  const { hostname: chosen, subdomain, hostnameOverride } = pod.spec;
  if (hostnameOverride) return { hostname: hostnameOverride };
  // Cut as upstream cuts it, which may leave a dash or dot at the end that no hostname may have.
  const hostname = chosen || (pod.metadata.name ?? "").slice(0, maxHostnameLength).replace(/[-.]+$/, "");
  if (!subdomain) return { hostname };
  return { hostname, fqdn: `${hostname}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` };
}

/** What the sandbox's kernel answers to `hostname`. */
export function sandboxHostname(pod: Pod, clusterDomain: string, nodeName: string): string {
  const { hostname, fqdn } = podHostname(pod, clusterDomain);
  if (pod.spec.hostNetwork && !pod.spec.hostnameOverride) return nodeName;
  return pod.spec.setHostnameAsFQDN && fqdn ? fqdn : hostname;
}

/** The text of a Pod's `/etc/hosts`. With host networking it begins with the node's own. */
export function hostsFile(pod: Pod, podIPs: readonly string[], clusterDomain: string, nodeHosts: string): string {
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}`);
  const extra = aliases.length === 0 ? "" : `\n# Entries added by HostAliases.\n${aliases.join("\n")}\n`;
  if (pod.spec.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${nodeHosts}${extra}`;
  const { hostname, fqdn } = podHostname(pod, clusterDomain);
  const own = podIPs.map((ip) => `${ip}\t${fqdn ? `${fqdn}\t` : ""}${hostname}`);
  return [
    "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
    ...own,
    "",
  ].join("\n") + extra;
}

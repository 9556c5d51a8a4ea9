import type { Pod } from "../../api/types/core_v1.ts";
import type { SandboxConfig } from "../runtime/contract.ts";
import type { NodeFacts } from "./node_facts.ts";

export type DnsConfig = NonNullable<SandboxConfig["dns"]>;

const maxServers = 3;
const maxSearches = 32;
const maxSearchLength = 2048;

/** What a Pod's `/etc/resolv.conf` says, by its `dnsPolicy` and `dnsConfig`. `nodeFile` is the text of the node's own. */
export function dnsConfig(pod: Pod, facts: NodeFacts, nodeFile: string): DnsConfig {
  const base = policyConfig(pod, facts, parseResolvConf(nodeFile));
  const extra = pod.spec.dnsConfig;
  if (!extra) return base;
  return {
    servers: unique([...base.servers, ...extra.nameservers ?? []]).slice(0, maxServers),
    searches: limited(unique([...base.searches, ...extra.searches ?? []])),
    options: mergeOptions(
      base.options,
      (extra.options ?? []).map(({ name = "", value }) => value === undefined ? name : `${name}:${value}`),
    ),
  };
}

function policyConfig(pod: Pod, facts: NodeFacts, node: DnsConfig): DnsConfig {
  const { dnsPolicy = "ClusterFirst", hostNetwork } = pod.spec;
  const usesCluster = dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && !hostNetwork);
  if (dnsPolicy === "None") return { servers: [], searches: [], options: [] };
  if (!usesCluster || facts.clusterDns.length === 0) return node;
  const domain = facts.clusterDomain;
  return {
    servers: facts.clusterDns.slice(0, maxServers),
    searches: limited(
      unique([`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain, ...node.searches]),
    ),
    options: ["ndots:5"],
  };
}

export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, ...words] = line.split(/[#;]/)[0]!.trim().split(/\s+/);
    if (keyword === "nameserver" && words[0]) servers.push(words[0]);
    // Of these the last line counts.
    else if (keyword === "search") searches = words.map((word) => word === "." ? word : word.replace(/\.$/, ""));
    else if (keyword === "options") options = words;
  }
  return { servers: servers.slice(0, maxServers), searches: limited(searches), options };
}

function mergeOptions(base: readonly string[], extra: readonly string[]): string[] {
  const byName = new Map([...base, ...extra].map((option) => [option.split(":")[0]!, option]));
  return [...byName.values()];
}

function limited(searches: readonly string[]): string[] {
  const kept: string[] = [];
  let length = 0;
  for (const search of searches.slice(0, maxSearches)) {
    length += search.length + 1;
    if (length > maxSearchLength) break;
    kept.push(search);
  }
  return kept;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

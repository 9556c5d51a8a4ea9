import type { NodeFacts } from "../pods/node_facts.ts";
import { readFilesystem, readMachine } from "./machine.ts";
import { type NodeOptions, nodeResources } from "./node_object.ts";

export interface FactsOptions {
  /** `DIR/agent` */
  readonly agentDirectory: string;
  readonly node: NodeOptions;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly resolvConf: string;
  /** `/var/log/pods` when absent, where log collectors look. */
  readonly logRoot?: string;
  readonly allowedUnsafeSysctls?: readonly string[];
}

/** What Pods need to know of the node, read from the machine once. */
export async function readNodeFacts(options: FactsOptions): Promise<NodeFacts> {
  const { agentDirectory, node } = options;
  await Deno.mkdir(`${agentDirectory}/kubelet/pods`, { recursive: true });
  const [machine, filesystem] = await Promise.all([readMachine(), readFilesystem(agentDirectory)]);
  return {
    nodeName: node.name,
    hostIPs: node.ips,
    allocatable: nodeResources(node, machine, filesystem).allocatable,
    memoryBytes: machine.memoryBytes,
    clusterDns: options.clusterDns,
    clusterDomain: options.clusterDomain,
    resolvConf: options.resolvConf,
    logRoot: options.logRoot ?? "/var/log/pods",
    podsRoot: `${agentDirectory}/kubelet/pods`,
    seccompRoot: `${agentDirectory}/kubelet/seccomp`,
    allowedUnsafeSysctls: options.allowedUnsafeSysctls ?? [],
  };
}

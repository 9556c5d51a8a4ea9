import { NodeOptionError, parseTaint } from "../agent/node/node_object.ts";
import type { AgentOptions } from "../agent/options.ts";
import { checkDns1123Subdomain, checkLabelValue, checkQualifiedName } from "../api/meta/names.ts";
import { UserError } from "./error.ts";
import { absolute, address, integer, port, requireValid } from "./flag_values.ts";
import type { Host } from "./host.ts";
import { instanceOf } from "./instance.ts";
import { nodeIdOf } from "./node_id.ts";
import type { NodeFlags } from "./node_flags.ts";

const SNAPSHOTTERS = ["overlayfs", "native"] as const;
const DEFAULT_REGISTRIES = "/etc/skiff/registries.yaml";

/** What this machine is called and reached by. */
export interface NodeIdentity {
  readonly dataDir: string;
  readonly nodeName: string;
  readonly nodeIP: string;
}

/** What a node is told besides what it is told of its cluster. */
export type NodeSettings = Omit<
  AgentOptions,
  "podCidr" | "clusterCidr" | "serviceCidr" | "clusterDns" | "clusterDomain"
>;

export async function nodeIdentity(flags: NodeFlags, host: Host): Promise<NodeIdentity> {
  const dataDir = absolute(flags.dataDir, host.workingDirectory);
  const name = (flags.nodeName ?? host.name).toLowerCase();
  const nodeName = flags.withNodeId ? `${name}-${await nodeIdOf(dataDir)}` : name;
  requireValid("--node-name", nodeName, checkDns1123Subdomain(nodeName));
  return { dataDir, nodeName, nodeIP: address("--node-ip", flags.nodeIp ?? host.address) };
}

/** Throws a UserError that names the flag, its value and what it takes. */
export async function nodeSettings(flags: NodeFlags, host: Host): Promise<NodeSettings> {
  const identity = await nodeIdentity(flags, host);
  const externalIPs = flags.nodeExternalIp.map((ip) => address("--node-external-ip", ip));
  return {
    ...identity,
    ...externalIPs.length > 0 && { externalIPs },
    nodeLabels: flags.nodeLabel.map(label),
    nodeTaints: flags.nodeTaint.map(taint),
    ...flags.maxPods !== undefined && { maxPods: integer("--max-pods", flags.maxPods, 1, 1000) },
    ...flags.containerRuntimeEndpoint !== undefined && { containerRuntimeEndpoint: flags.containerRuntimeEndpoint },
    ...flags.snapshotter !== undefined && { snapshotter: snapshotter(flags.snapshotter) },
    registriesFile: await registriesFile(absolute(flags.privateRegistry, host.workingDirectory)),
    ...flags.disableDefaultRegistryEndpoint && { onlyMirrors: true },
    kubeletPort: port("--kubelet-port", flags.kubeletPort),
    resolvConf: absolute(flags.resolvConf, host.workingDirectory),
    instance: await instanceOf(identity.dataDir),
  };
}

function snapshotter(value: string): (typeof SNAPSHOTTERS)[number] {
  const found = SNAPSHOTTERS.find((name) => name === value);
  if (found !== undefined) return found;
  throw new UserError(`--snapshotter ${JSON.stringify(value)} is not one of ${SNAPSHOTTERS.join(", ")}`);
}

/** The usual file need not be there, one that is named must. */
async function registriesFile(path: string): Promise<string> {
  if (path === DEFAULT_REGISTRIES || await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  throw new UserError(`--private-registry: there is no file ${path}`);
}

function label(text: string): string {
  const equals = text.indexOf("=");
  if (equals < 0) throw new UserError(`--node-label ${JSON.stringify(text)} is not of the form key=value`);
  requireValid("--node-label", text, [
    ...checkQualifiedName(text.slice(0, equals)),
    ...checkLabelValue(text.slice(equals + 1)),
  ]);
  return text;
}

function taint(text: string): string {
  try {
    const { key, value = "" } = parseTaint(text);
    requireValid("--node-taint", text, [...checkQualifiedName(key), ...checkLabelValue(value)]);
  } catch (error) {
    if (error instanceof NodeOptionError) throw new UserError(`--node-taint: ${error.message}`, { cause: error });
    throw error;
  }
  return text;
}

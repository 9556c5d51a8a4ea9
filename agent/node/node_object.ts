import { Quantity } from "../../api/meta/quantity.ts";
import type { ContainerImage, Node, NodeAddress, NodeStatus, Taint } from "../../api/types/core_v1.ts";
import type { Image, RuntimeVersion } from "../runtime/contract.ts";
import type { Filesystem, Machine } from "./machine.ts";

export interface NodeOptions {
  readonly name: string;
  /** The first one is the internal IP that others reach the node by. */
  readonly ips: readonly string[];
  readonly externalIPs?: readonly string[];
  /** `key=value`, as given on the command line. */
  readonly labels: readonly string[];
  /** `key=value:effect` or `key:effect`; only counts when the node is registered for the first time. */
  readonly taints: readonly string[];
  readonly podCIDR?: string;
  readonly kubeletPort: number;
  /** `v1.36.0+skiff0.1.0` */
  readonly version: string;
  readonly maxPods?: number;
  /** What Pods may not have, as quantities by resource. */
  readonly reserved?: Readonly<Record<string, string>>;
}

/** An option that cannot be understood. The message quotes it. */
export class NodeOptionError extends Error {
  override readonly name = "NodeOptionError";
  constructor(readonly reason: "invalidLabel" | "invalidTaint", message: string) {
    super(message);
  }
}

const defaultMaxPods = 110;
const maxImages = 50;
const maxImageNames = 5;

/** The labels that a node gives itself, with the user's own over them. Throws a {@linkcode NodeOptionError}. */
export function nodeLabels(options: NodeOptions, machine: Machine): Record<string, string> {
  const given = options.labels.map((label) => {
    const equals = label.indexOf("=");
    if (equals < 1) throw new NodeOptionError("invalidLabel", `node label ${JSON.stringify(label)} is not key=value`);
    return [label.slice(0, equals), label.slice(equals + 1)];
  });
  return {
    "beta.kubernetes.io/arch": machine.architecture,
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": machine.architecture,
    "kubernetes.io/hostname": options.name,
    "kubernetes.io/os": "linux",
    "node.kubernetes.io/instance-type": "skiff",
    ...Object.fromEntries(given),
  };
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** Throws a {@linkcode NodeOptionError}. */
export function parseTaint(text: string): Taint {
  const match = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text);
  if (!match || !effects.includes(match[3]!)) {
    throw new NodeOptionError(
      "invalidTaint",
      `node taint ${JSON.stringify(text)} is not key=value:effect with an effect of ${effects.join(", ")}`,
    );
  }
  return { key: match[1]!, ...(match[2] === undefined ? {} : { value: match[2] }), effect: match[3]! };
}

export function newNode(options: NodeOptions, machine: Machine): Node {
  const { name, podCIDR } = options;
  const taints = options.taints.map(parseTaint);
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: nodeLabels(options, machine) },
    spec: {
      ...(podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] }),
      ...(taints.length === 0 ? {} : { taints }),
      providerID: `skiff://${name}`,
    },
  };
}

/** How much the node has, and how much of it Pods may have. */
export function nodeResources(
  options: NodeOptions,
  machine: Machine,
  filesystem: Filesystem,
): { capacity: Record<string, string>; allocatable: Record<string, string> } {
  const capacity = {
    cpu: String(machine.cpus),
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    "ephemeral-storage": `${Math.floor(filesystem.totalBytes / 1024)}Ki`,
    pods: String(options.maxPods ?? defaultMaxPods),
  };
  const allocatable = Object.fromEntries(
    Object.entries(capacity).map(([resource, total]) => {
      const reserved = options.reserved?.[resource];
      if (reserved === undefined) return [resource, total];
      const left = Quantity.parse(total).subtract(Quantity.parse(reserved));
      return [resource, left.sign() < 0 ? "0" : left.toString()];
    }),
  );
  return { capacity, allocatable };
}

/** The parts of the status that hardly ever change; conditions are made apart. */
export function nodeFacts(
  options: NodeOptions,
  machine: Machine,
  filesystem: Filesystem,
  runtime: RuntimeVersion | undefined,
  images: readonly Image[],
): NodeStatus {
  const addresses: NodeAddress[] = [
    ...options.ips.map((address) => ({ type: "InternalIP", address })),
    ...(options.externalIPs ?? []).map((address) => ({ type: "ExternalIP", address })),
    { type: "Hostname", address: options.name },
  ];
  return {
    ...nodeResources(options, machine, filesystem),
    addresses,
    daemonEndpoints: { kubeletEndpoint: { Port: options.kubeletPort } },
    nodeInfo: {
      machineID: machine.machineID,
      systemUUID: machine.systemUUID,
      bootID: machine.bootID,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: runtime ? `${runtime.name}://${runtime.version.replace(/^v/, "")}` : "unknown",
      kubeletVersion: options.version,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: machine.architecture,
    },
    images: imageList(images),
  };
}

/** The largest ones, as the scheduler likes to know where they are. */
function imageList(images: readonly Image[]): ContainerImage[] {
  return [...images].sort((a, b) => b.bytes - a.bytes).slice(0, maxImages).map(({ digests, tags, bytes }) => ({
    names: [...digests, ...tags].slice(0, maxImageNames),
    sizeBytes: bytes,
  }));
}

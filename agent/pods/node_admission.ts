import { Quantity } from "../../api/meta/quantity.ts";
import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  Taint,
  Toleration,
} from "../../api/types/core_v1.ts";
import { podRequest } from "./resources.ts";
import { hostPorts } from "./sandbox_config.ts";
import type { Reason } from "./state.ts";

/**
 * Whether the Pod may run here beside those that do: the last word after the scheduler's, and for static Pods the only one. Answers why not,
 * with upstream's reasons.
 */
export function refusal(
  pod: Pod,
  others: readonly Pod[],
  node: Node | undefined,
  allowedSysctls: readonly string[],
): Reason | undefined {
  const always = wrongSystem(pod) ?? forbiddenSysctl(pod, allowedSysctls);
  if (always || !node) return always;
  return notSelected(pod, node) ?? tainted(pod, node) ?? portTaken(pod, others) ?? tooBig(pod, others, node);
}

function wrongSystem(pod: Pod): Reason | undefined {
  const { name = "linux" } = pod.spec.os ?? {};
  if (name === "linux") return undefined;
  return { reason: "PodOSNotSupported", message: `the Pod is for ${name}, this node runs linux` };
}

/** These are of the Pod's own namespaces and harm no other. */
const safeSysctls: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

function forbiddenSysctl(pod: Pod, allowed: readonly string[]): Reason | undefined {
  const isAllowed = (name: string) =>
    safeSysctls.has(name) ||
    allowed.some((pattern) => pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern);
  const forbidden = pod.spec.securityContext?.sysctls?.find(({ name }) => !isAllowed(name.replaceAll("/", ".")));
  if (!forbidden) return undefined;
  return { reason: "SysctlForbidden", message: `sysctl ${JSON.stringify(forbidden.name)} is not allowed on this node` };
}

function notSelected(pod: Pod, node: Node): Reason | undefined {
  const labels = node.metadata.labels ?? {};
  const message = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) {
    if (labels[key] !== value) return { reason: "NodeAffinity", message };
  }
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required || required.nodeSelectorTerms.some((term) => matchesTerm(term, node))) return undefined;
  return { reason: "NodeAffinity", message };
}

function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return matchExpressions.every((expression) => matches(expression, labels[expression.key])) &&
    matchFields.every((field) => matches(field, field.key === "metadata.name" ? node.metadata.name : undefined));
}

const operators: Readonly<Record<string, (value: string | undefined, values: readonly string[]) => boolean>> = {
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
  Gt: (value, values) => value !== undefined && Number(value) > Number(values[0]),
  Lt: (value, values) => value !== undefined && Number(value) < Number(values[0]),
};

function matches({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  return operators[operator]?.(value, values) ?? false;
}

/** Only NoExecute: what the scheduler should have seen is its own matter. */
function tainted(pod: Pod, node: Node): Reason | undefined {
  const taint = node.spec?.taints?.find((candidate) =>
    candidate.effect === "NoExecute" && !pod.spec.tolerations?.some((toleration) => tolerates(toleration, candidate))
  );
  if (!taint) return undefined;
  const message = `Predicate TaintToleration failed: node has taint ${taint.key}, which the Pod does not tolerate`;
  return { reason: "TaintToleration", message };
}

function tolerates({ key, operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === "Exists" || (key !== undefined && value === (taint.value ?? ""));
}

function portTaken(pod: Pod, others: readonly Pod[]): Reason | undefined {
  const wanted = nodePorts(pod);
  if (wanted.length === 0) return undefined;
  const taken = others.flatMap(nodePorts);
  const clash = wanted.find((port) =>
    taken.some((other) =>
      other.port === port.port && other.protocol === port.protocol &&
      (other.ip === port.ip || isAny(other.ip) || isAny(port.ip))
    )
  );
  if (!clash) return undefined;
  const message =
    `Predicate NodePorts failed: host port ${clash.port}/${clash.protocol} is taken by another Pod of this node`;
  return { reason: "NodePorts", message };
}

function nodePorts(pod: Pod): { port: number; protocol: string; ip: string }[] {
  if (!pod.spec.hostNetwork) {
    return hostPorts(pod).map(({ hostPort, protocol, hostIP }) => ({ port: hostPort, protocol, ip: hostIP }));
  }
  return pod.spec.containers.flatMap((container) => container.ports ?? [])
    .filter((port) => port.hostPort)
    .map((port) => ({ port: port.hostPort!, protocol: port.protocol ?? "TCP", ip: port.hostIP ?? "" }));
}

function isAny(ip: string): boolean {
  return ip === "" || ip === "0.0.0.0" || ip === "::";
}

/** What the node lacks for the Pod beside the others. */
export function tooBig(pod: Pod, others: readonly Pod[], node: Node | undefined): Reason | undefined {
  const allocatable = node?.status?.allocatable ?? {};
  const limit = Number(allocatable.pods ?? Infinity);
  if (others.length + 1 > limit) {
    return outOf("pods", 1, others.length, limit);
  }
  for (const resource of ["cpu", "memory", "ephemeral-storage"]) {
    const requested = podRequest(pod, resource);
    if (requested === 0 || allocatable[resource] === undefined) continue;
    const quantity = Quantity.parse(allocatable[resource]);
    const capacity = resource === "cpu" ? quantity.milliValue() : quantity.value();
    const used = others.reduce((sum, other) => sum + podRequest(other, resource), 0);
    if (requested + used > capacity) return outOf(resource, requested, used, capacity);
  }
  return undefined;
}

function outOf(resource: string, requested: number, used: number, capacity: number): Reason {
  return {
    reason: `OutOf${resource}`,
    message:
      `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}

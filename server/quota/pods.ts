import { checkQualifiedName } from "../../api/meta/names.ts";
import { qosClass } from "../../api/meta/qos_class.ts";
import type { Quantity } from "../../api/meta/quantity.ts";
import { COMPUTE_RESOURCES } from "../../api/meta/quota_resources.ts";
import { podLimits, podRequests, type ResourceTotals } from "../../api/meta/resources.ts";
import { parseTime } from "../../api/meta/time.ts";
import type { Container, Pod, ScopedResourceSelectorRequirement } from "../../api/types/core_v1.ts";
import { one } from "./amounts.ts";
import type { Evaluator } from "./evaluator.ts";
import { holdsFor } from "./scopes.ts";

const counted: ReadonlySet<string> = new Set(["count/pods", ...COMPUTE_RESOURCES, "pods"]);
/** Limits of these oblige each container to state the amount: once decided, and kept for that. */
const mandatory: ReadonlySet<string> = new Set([
  "cpu",
  "memory",
  "requests.cpu",
  "requests.memory",
  "limits.cpu",
  "limits.memory",
]);
const limitable = ["cpu", "memory", "ephemeral-storage"];

export const podEvaluator: Evaluator = {
  resource: "/pods",
  charges: ({ operation, subresource }) =>
    (operation === "CREATE" && subresource === "") || (operation === "UPDATE" && subresource === "resize"),
  limits: (name) =>
    counted.has(name) || name.startsWith("hugepages-") || name.startsWith("requests.hugepages-") ||
    (name.startsWith("requests.") && !isNative(name)),
  usage: (object, now) => {
    const pod = object as Pod;
    const used = new Map([["count/pods", one]]);
    if (!isOver(pod, now)) fill(used, podRequests(pod, { useStatus: true }), podLimits(pod));
    return used;
  },
  inScope: (scope, object) => isInScope(scope, object as Pod),
  missing: (names, object) => missing(names, object as Pod),
  varies: true,
};

/** A Pod that has ended, or that should have been gone by now, uses nothing but its place in the datastore. */
function isOver({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === "Failed" || status?.phase === "Succeeded") return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds !== undefined &&
    now > parseTime(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function fill(used: Map<string, Quantity>, requests: ResourceTotals, limits: ResourceTotals): void {
  used.set("pods", one);
  for (const [name, amount] of requests) {
    const native = limitable.includes(name) || name.startsWith("hugepages-");
    if (native) used.set(name, amount);
    if (native || isExtended(name)) used.set(`requests.${name}`, amount);
  }
  for (const name of limitable) {
    const amount = limits.get(name);
    if (amount !== undefined) used.set(`limits.${name}`, amount);
  }
}

function isNative(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith("requests.") && checkQualifiedName(`requests.${name}`).length === 0;
}

const scopes: Readonly<Record<string, (scope: ScopedResourceSelectorRequirement, pod: Pod) => boolean>> = {
  Terminating: (_, pod) => isBounded(pod),
  NotTerminating: (_, pod) => !isBounded(pod),
  BestEffort: (_, pod) => qosClass(pod) === "BestEffort",
  NotBestEffort: (_, pod) => qosClass(pod) !== "BestEffort",
  PriorityClass: (scope, { spec }) => holdsFor(scope, spec.priorityClassName || undefined),
  CrossNamespacePodAffinity: (_, pod) => reachesOtherNamespaces(pod),
};

function isInScope(scope: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  return Object.hasOwn(scopes, scope.scopeName) && scopes[scope.scopeName]!(scope, pod);
}

/** "Terminating" means that it will end by its deadline. */
function isBounded({ spec }: Pod): boolean {
  return spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0;
}

function reachesOtherNamespaces({ spec: { affinity } }: Pod): boolean {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some((terms) =>
    [
      ...terms?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
      ...(terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
    ].some(({ namespaces, namespaceSelector }) => (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined)
  );
}

function missing(names: readonly string[], { spec }: Pod): string | undefined {
  // Who states amounts for the whole Pod need not state them for each container.
  if (Object.keys({ ...spec.resources?.requests, ...spec.resources?.limits }).length > 0) return undefined;
  const containers = [...spec.containers, ...spec.initContainers ?? []];
  const parts = names.filter((name) => mandatory.has(name)).sort().flatMap((name) => {
    const silent = containers.filter((container) => !states(container, name)).map((container) => container.name);
    return silent.length === 0 ? [] : `${name} for: ${[...new Set(silent)].sort().join(",")}`;
  });
  return parts.length === 0 ? undefined : `must specify ${parts.join("; ")}`;
}

function states({ resources }: Container, name: string): boolean {
  const [, part = "requests", bare = name] = /^(requests|limits)\.(.*)$/.exec(name) ?? [];
  return resources?.[part as "requests" | "limits"]?.[bare] !== undefined;
}

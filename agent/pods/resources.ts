import { Quantity } from "../../api/meta/quantity.ts";
import { isSidecar, podLimits, podRequests } from "../../api/meta/resources.ts";
import type { Container, Pod } from "../../api/types/core_v1.ts";
import type { LinuxResources } from "../runtime/contract.ts";
import { qosClass } from "../../api/meta/qos_class.ts";

export const cpuPeriod = 100_000;
const minimumShares = 2;
const maximumShares = 262_144;
const minimumQuota = 1_000;

/** `cpu.shares` for so many thousandths of a CPU. */
export function cpuShares(milli: number): number {
  return Math.min(Math.max(Math.floor(milli * 1024 / 1000), minimumShares), maximumShares);
}

/** Microseconds of each {@linkcode cpuPeriod}. */
export function cpuQuota(milli: number): number {
  return Math.max(Math.floor(milli * cpuPeriod / 1000), minimumQuota);
}

export function containerResources(pod: Pod, container: Container, memoryBytes: number): LinuxResources {
  const { limits, requests } = container.resources ?? {};
  // What the whole Pod may use is the limit of a container without one.
  const whole = pod.spec.resources?.limits;
  const cpuLimit = milli(limits?.cpu ?? whole?.cpu);
  const memoryLimit = amount(limits?.memory ?? whole?.memory);
  return {
    cpuPeriod,
    cpuShares: cpuShares(milli(requests?.cpu) ?? cpuLimit ?? 0),
    ...(cpuLimit ? { cpuQuota: cpuQuota(cpuLimit) } : {}),
    ...(memoryLimit ? { memoryLimitBytes: memoryLimit } : {}),
    oomScoreAdj: oomScoreAdj(pod, container, memoryBytes),
  };
}

/** Who the kernel kills first: Pods without requests, then those that use much more than they asked for; Guaranteed ones last. */
function oomScoreAdj(pod: Pod, container: Container, memoryBytes: number): number {
  const systemNodeCritical = 2_000_001_000;
  if ((pod.spec.priority ?? 0) >= systemNodeCritical) return -997;
  const qos = qosClass(pod);
  if (qos === "Guaranteed") return -997;
  if (qos === "BestEffort") return 1000;
  const { limits, requests } = container.resources ?? {};
  const request = amount(requests?.memory ?? limits?.memory) ?? 0;
  return Math.min(Math.max(1000 - Math.floor(1000 * request / memoryBytes), 3), 999);
}

/** What the Pod asks for: thousandths of a CPU, bytes of the others. */
export function podRequest(pod: Pod, resource: string): number {
  return inUnits(resource, podRequests(pod).get(resource)) ?? 0;
}

/** What the Pod may use at most, in the same units; undefined as soon as one of its containers has no limit. */
export function podLimit(pod: Pod, resource: string): number | undefined {
  const stated = pod.spec.resources?.limits?.[resource] !== undefined;
  const lasting = [...pod.spec.containers, ...pod.spec.initContainers?.filter(isSidecar) ?? []];
  if (!stated && lasting.some((container) => container.resources?.limits?.[resource] === undefined)) return undefined;
  return inUnits(resource, podLimits(pod).get(resource));
}

function inUnits(resource: string, quantity: Quantity | undefined): number | undefined {
  return resource === "cpu" ? quantity?.milliValue() : quantity?.value();
}

function milli(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Quantity.parse(text).milliValue();
}

function amount(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Quantity.parse(text).value();
}

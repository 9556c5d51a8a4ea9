import { Quantity } from "../../api/meta/quantity.ts";
import type { Container, Pod } from "../../api/types/core_v1.ts";
import type { LinuxResources } from "../runtime/contract.ts";
import { qosClass } from "./qos.ts";

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
  const cpuLimit = milli(limits?.cpu);
  const memoryLimit = amount(limits?.memory);
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

/** Sums over a Pod as the scheduler and the cgroup count it: init containers one at a time, sidecars and main ones together. */
export function podTotal(pod: Pod, resource: string, kind: "requests" | "limits"): number | undefined {
  const of = (container: Container) => {
    const { limits, requests } = container.resources ?? {};
    const text = kind === "requests" ? requests?.[resource] ?? limits?.[resource] : limits?.[resource];
    return resource === "cpu" ? milli(text) : amount(text);
  };
  // A limit holds for the Pod only when every container has one.
  let unlimited = false;
  const count = (container: Container) => {
    const value = of(container);
    if (value === undefined) unlimited = true;
    return value ?? 0;
  };
  let sidecars = 0;
  let peak = 0;
  for (const container of pod.spec.initContainers ?? []) {
    if (container.restartPolicy === "Always") sidecars += count(container);
    else peak = Math.max(peak, sidecars + (of(container) ?? 0));
  }
  const main = pod.spec.containers.reduce((sum, container) => sum + count(container), sidecars);
  const overhead = pod.spec.overhead?.[resource];
  const extra = (resource === "cpu" ? milli(overhead) : amount(overhead)) ?? 0;
  return kind === "limits" && unlimited ? undefined : Math.max(peak, main) + extra;
}

function milli(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Quantity.parse(text).milliValue();
}

function amount(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Quantity.parse(text).value();
}

import { formatTime } from "../../api/meta/time.ts";
import type { Container as SpecContainer, ContainerStatus, PodStatus } from "../../api/types/core_v1.ts";
import { ownConditions, podConditions } from "./conditions.ts";
import { containerStatus } from "./container_status.ts";
import { qosClass } from "../../api/meta/qos_class.ts";
import { podLimits, podRequests, type ResourceTotals } from "../../api/meta/resources.ts";
import { resourcesOf, withResources } from "./pod_resources.ts";
import { podLimit } from "./resources.ts";
import { shouldRestart } from "./restart.ts";
import { currentSandbox, isSidecar, latest, type PodState } from "./state.ts";

/** The node's addresses, the first one being the `hostIP`. */
export interface HostAddresses {
  readonly hostIPs: readonly string[];
}

/** The status of a Pod as this node sees it: whole, except for the conditions that others write. */
export function podStatus(state: PodState, host: HostAddresses, now: number): PodStatus {
  const { pod, stage } = state;
  const before = pod.status ?? {};
  const why = stage.at === "active" ? undefined : stage.why;
  const statusesOf = (specs: readonly SpecContainer[] | undefined, old: ContainerStatus[] | undefined) =>
    specs?.map((spec) => containerStatus(state, spec, old?.find((one) => one.name === spec.name), now));
  const containerStatuses = statusesOf(pod.spec.containers, before.containerStatuses) ?? [];
  const initContainerStatuses = statusesOf(pod.spec.initContainers, before.initContainerStatuses);
  const ephemeral = statusesOf(
    pod.spec.ephemeralContainers as SpecContainer[] | undefined,
    before.ephemeralContainerStatuses,
  );
  const phase = why?.type === "failed" && stage.at !== "ending"
    ? "Failed"
    : phaseOf(state, initContainerStatuses ?? [], containerStatuses);
  const podIPs = addresses(state, host);
  // One that was refused has nothing to say of its containers: that they are waiting would not be true.
  const isRefused = why?.type === "failed" && state.containers.length === 0 && before.containerStatuses === undefined;
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: podConditions(state, phase, initContainerStatuses ?? [], containerStatuses, now),
    ...(why?.type === "failed" ? { reason: why.reason, message: why.message } : {}),
    ...(host.hostIPs[0] === undefined ? {} : { hostIP: host.hostIPs[0], hostIPs: host.hostIPs.map((ip) => ({ ip })) }),
    ...(podIPs[0] === undefined ? {} : { podIP: podIPs[0], podIPs: podIPs.map((ip) => ({ ip })) }),
    startTime: before.startTime ?? formatTime(now),
    ...(initContainerStatuses?.length && !isRefused ? { initContainerStatuses } : {}),
    ...(isRefused ? {} : { containerStatuses }),
    ...(ephemeral?.length ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass: qosClass(pod),
    ...wholeResources(state),
  };
}

/** What the Pod as a whole was granted, and has so far. */
function wholeResources({ pod, applied }: PodState): Pick<PodStatus, "resources" | "allocatedResources"> {
  const actual = withResources(pod, applied.pod ?? resourcesOf(pod));
  const texts = (totals: ResourceTotals) =>
    Object.fromEntries([...totals].map(([name, quantity]) => [name, quantity.toString()]));
  const granted = podRequests(pod);
  const requests = podRequests(actual);
  const limits = new Map([...podLimits(actual)].filter(([name]) => podLimit(actual, name) !== undefined));
  return {
    ...(granted.size > 0 ? { allocatedResources: texts(granted) } : {}),
    resources: {
      ...(requests.size > 0 ? { requests: texts(requests) } : {}),
      ...(limits.size > 0 ? { limits: texts(limits) } : {}),
    },
  };
}

/** What the API has, under what this node says itself: its own newest word may not have arrived there yet. */
export function mergedStatus(api: PodStatus | undefined, own: PodStatus | undefined): PodStatus {
  if (!own) return api ?? {};
  const others = (api?.conditions ?? []).filter((condition) => !ownConditions.has(condition.type));
  return { ...api, ...own, conditions: [...own.conditions ?? [], ...others] };
}

/** A dead sandbox has no address; what the Pod had is kept in the status until it has another. */
function addresses(state: PodState, host: HostAddresses): readonly string[] {
  if (state.pod.spec.hostNetwork) return state.sandboxes.length > 0 ? host.hostIPs : [];
  const ips = currentSandbox(state)?.ips ?? [];
  if (ips.length > 0) return ips;
  return state.stage.at === "active" ? [] : state.pod.status?.podIPs?.map(({ ip }) => ip) ?? [];
}

function phaseOf(
  state: PodState,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
): string {
  const { pod } = state;
  const before = pod.status?.phase;
  if (before === "Succeeded" || before === "Failed") return before;
  const initSpecs = pod.spec.initContainers ?? [];
  const pendingInit = init.some((status, i) => {
    const spec = initSpecs[i]!;
    if (isSidecar(spec)) return !status.state?.running && !status.lastState?.terminated && !status.state?.terminated;
    return status.state?.terminated?.exitCode !== 0 && !status.ready;
  });
  const failedInit = init.some((status, i) =>
    !isSidecar(initSpecs[i]!) && status.state?.terminated !== undefined && status.state.terminated.exitCode !== 0 &&
    (pod.spec.restartPolicy === "Never" || (state.stage.at !== "active" && state.stage.at !== "ending"))
  );
  if (failedInit) return "Failed";
  const ran = main.some((status) => status.state?.running || status.state?.terminated || status.lastState?.terminated);
  const over = state.stage.at !== "active" && state.stage.at !== "ending";
  if (pendingInit && !ran) return over ? "Failed" : "Pending";
  const running = main.filter((status) => status.state?.running).length;
  const terminated = main.filter((status) => status.state?.terminated);
  const restarting = main.filter((status) => status.state?.waiting && status.lastState?.terminated).length;
  const waiting = main.length - running - terminated.length - restarting;
  if (waiting > 0) return over ? "Failed" : "Pending";
  if (running > 0 || restarting > 0) return over ? "Failed" : "Running";
  const willRestart = pod.spec.containers.some((spec) => {
    const container = latest(state, spec.name);
    return container?.state === "exited" && shouldRestart(pod, spec, container);
  });
  // A sidecar that still stops does not change how the Pod ended, but the Pod has not ended before it.
  const sidecarRuns = init.some((status, i) => isSidecar(initSpecs[i]!) && status.state?.running);
  if (!over && (willRestart || sidecarRuns)) return "Running";
  return terminated.every((status) => status.state!.terminated!.exitCode === 0) ? "Succeeded" : "Failed";
}

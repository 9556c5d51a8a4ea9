import type { ContainerState, ContainerStatus, Pod, PodTemplate } from "../../../api/types/core_v1.ts";
import { age, columns, type ColumnTable, containerColumns, labelText, name, orNone, since } from "./column.ts";

export const podColumns: ColumnTable = {
  "/pods": columns<Pod>(
    name,
    { name: "Ready", cell: (pod) => summary(pod).ready },
    { name: "Status", cell: (pod) => summary(pod).status },
    { name: "Restarts", cell: (pod, now) => summary(pod).restarts(now) },
    age,
    { name: "IP", wide: true, cell: (pod) => orNone(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP) },
    { name: "Node", wide: true, cell: (pod) => orNone(pod.spec.nodeName) },
    { name: "Nominated Node", wide: true, cell: (pod) => orNone(pod.status?.nominatedNodeName) },
    { name: "Readiness Gates", wide: true, cell: readinessGates },
  ),
  "/podtemplates": columns<PodTemplate>(
    name,
    ...containerColumns<PodTemplate>((object) => object.template, false),
    { name: "Pod Labels", cell: (object) => labelText(object.template?.metadata?.labels) },
  ),
};

export interface PodSummary {
  readonly ready: string;
  readonly status: string;
  restarts(now: number): string;
}

/** Told from the containers: upstream's reading of a Pod's state, which kubectl's users know. */
export function summary(pod: Pod): PodSummary {
  const sidecars = new Set(
    (pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === "Always").map((c) => c.name),
  );
  const count = new Restarts();
  const initial = initialStatus(pod, sidecars, count);
  let status = initial.status;
  let ready = initial.readySidecars;
  if (!initial.initializing || isConditionTrue(pod, "Initialized")) {
    if (!initial.initializing) count.reset();
    for (const init of initial.initializing ? [] : initial.sidecars) count.add(init);
    let running = false;
    for (const container of [...pod.status?.containerStatuses ?? []].reverse()) {
      count.add(container);
      const { state } = container;
      const reason = waitingReason(state) ?? endReason(state);
      if (reason !== undefined) status = reason;
      else if (container.ready && state?.running) {
        running = true;
        ready++;
      }
    }
    // A completed container beside running ones does not make the Pod completed.
    if (status === "Completed" && running) status = isConditionTrue(pod, "Ready") ? "Running" : "NotReady";
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (pod.status?.reason === "NodeLost") status = "Unknown";
    else if (pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed") status = "Terminating";
  }
  const total = pod.spec.containers.length + sidecars.size;
  return { ready: `${ready}/${total}`, status, restarts: (now) => count.text(now) };
}

interface Initial {
  readonly status: string;
  readonly initializing: boolean;
  readonly readySidecars: number;
  readonly sidecars: readonly ContainerStatus[];
}

function initialStatus(pod: Pod, sidecarNames: ReadonlySet<string>, count: Restarts): Initial {
  let status = pod.status?.reason || pod.status?.phase || "Unknown";
  const gated = pod.status?.conditions?.find((c) => c.type === "PodScheduled" && c.reason === "SchedulingGated");
  if (gated) status = "SchedulingGated";
  const statuses = pod.status?.initContainerStatuses ?? [];
  const sidecars = statuses.filter((s) => sidecarNames.has(s.name));
  let readySidecars = 0;
  for (const [i, container] of statuses.entries()) {
    count.add(container);
    const { state } = container;
    if (state?.terminated?.exitCode === 0) continue;
    if (sidecarNames.has(container.name) && container.started) {
      if (container.ready) readySidecars++;
      continue;
    }
    const ended = endReason(state);
    const waiting = state?.waiting?.reason;
    if (state?.terminated) status = `Init:${ended}`;
    else if (waiting && waiting !== "PodInitializing") status = `Init:${waiting}`;
    else status = `Init:${i}/${pod.spec.initContainers?.length ?? 0}`;
    return { status, initializing: true, readySidecars, sidecars };
  }
  return { status, initializing: false, readySidecars, sidecars };
}

class Restarts {
  #count = 0;
  #last: string | undefined;

  reset(): void {
    this.#count = 0;
    this.#last = undefined;
  }

  add(container: ContainerStatus): void {
    this.#count += container.restartCount;
    const finished = container.lastState?.terminated?.finishedAt;
    if (finished !== undefined && (this.#last === undefined || finished > this.#last)) this.#last = finished;
  }

  text(now: number): string {
    if (this.#count === 0 || this.#last === undefined) return String(this.#count);
    return `${this.#count} (${since(this.#last, now)} ago)`;
  }
}

function waitingReason(state: ContainerState | undefined): string | undefined {
  return state?.waiting?.reason || undefined;
}

function endReason(state: ContainerState | undefined): string | undefined {
  const ended = state?.terminated;
  if (!ended) return undefined;
  return ended.reason || (ended.signal ? `Signal:${ended.signal}` : `ExitCode:${ended.exitCode}`);
}

function isConditionTrue(pod: Pod, type: string): boolean {
  return pod.status?.conditions?.some((c) => c.type === type && c.status === "True") ?? false;
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  return `${gates.filter((gate) => isConditionTrue(pod, gate.conditionType)).length}/${gates.length}`;
}

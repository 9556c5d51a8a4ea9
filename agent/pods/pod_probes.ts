import type { Clock } from "../../api/clock.ts";
import type { Container as SpecContainer, Pod } from "../../api/types/core_v1.ts";
import type { probe } from "../probes/probe.ts";
import { Prober } from "../probes/prober.ts";
import type { Container, ContainerRuntime } from "../runtime/contract.ts";
import type { PodEvent } from "./shared.ts";
import type { PodObserver } from "./pod_worker.ts";
import { runningContainers } from "./pod_worker.ts";
import type { Input, PodState, ProbeType } from "./state.ts";

export interface PodProbesOptions {
  readonly runtime: ContainerRuntime;
  readonly probe: typeof probe;
  readonly clock: Clock;
  readonly random: () => number;
  readonly hostIP: () => string;
  readonly event: PodEvent;
  readonly send: (input: Input) => void;
}

const types: readonly ProbeType[] = ["startup", "liveness", "readiness"];

/** The probes of one Pod: begun when a container is up, liveness and readiness when it has started, ended with it. */
export class PodProbes implements PodObserver {
  readonly #options: PodProbesOptions;
  readonly #probers = new Map<string, Prober>();

  constructor(options: PodProbesOptions) {
    this.#options = options;
  }

  changed(state: PodState): void {
    const wanted = new Map<string, () => Prober>();
    for (const { spec, container, started } of runningContainers(state)) {
      for (const type of types) {
        if (!spec[`${type}Probe`] || !applies(type, state, started)) continue;
        wanted.set(`${type}:${container.id}`, () => this.#begin(type, state, spec, container));
      }
    }
    for (const [key, prober] of this.#probers) {
      if (wanted.has(key)) continue;
      prober.close();
      this.#probers.delete(key);
    }
    for (const [key, begin] of wanted) if (!this.#probers.has(key)) this.#probers.set(key, begin());
  }

  gone(): void {
    this.close();
  }

  close(): void {
    for (const prober of this.#probers.values()) prober.close();
    this.#probers.clear();
  }

  #begin(type: ProbeType, state: PodState, spec: SpecContainer, container: Container): Prober {
    const { runtime, probe, clock, random, hostIP, event, send } = this.#options;
    const settings = spec[`${type}Probe`]!;
    const { pod, sandboxes } = state;
    const podIP = pod.spec.hostNetwork ? hostIP() : sandboxes[0]?.ips[0] ?? "";
    return new Prober({
      clock,
      random,
      probe: settings,
      container: spec,
      startedAt: container.startedAt,
      verdict: state.probes[container.id]?.[type],
      ask: (signal) => probe(settings, { runtime, container: spec, containerId: container.id, podIP }, signal),
      onVerdict: (success) => send({ type: "probed", containerId: container.id, probe: type, success }),
      onFailure: (output) => event(pod, spec.name, "Warning", "Unhealthy", failureMessage(type, output)),
    });
  }
}

/** The startup probe has its turn first and alone; while a Pod ends only its readiness is of interest. */
function applies(type: ProbeType, state: PodState, started: boolean): boolean {
  if (type === "startup") return !started && state.stage.at === "active";
  if (type === "liveness") return started && state.stage.at === "active";
  return started;
}

function failureMessage(type: ProbeType, output: string): string {
  return `${type[0]!.toUpperCase()}${type.slice(1)} probe failed: ${output}`;
}

/** What the API remembers of containers that run on: so that a restarted agent does not take them for unready. */
export function rememberedProbes(pod: Pod, containers: readonly Container[]): Input[] {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].flatMap((status): Input[] => {
    const containerId = status.containerID?.slice(status.containerID.indexOf("://") + 3);
    if (!containers.some((container) => container.id === containerId && container.state === "running")) return [];
    return [
      ...(status.started
        ? [{ type: "probed", containerId: containerId!, probe: "startup", success: true } as const]
        : []),
      ...(status.ready
        ? [{ type: "probed", containerId: containerId!, probe: "readiness", success: true } as const]
        : []),
    ];
  });
}

import type { Clock } from "../../api/clock.ts";
import type { Container, Pod, Service } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import type { probe } from "../probes/probe.ts";
import type { ContainerRuntime } from "../runtime/contract.ts";
import type { Volumes } from "../volumes/contract.ts";
import type { ImagePuller } from "./image_puller.ts";
import type { NodeFacts } from "./node_facts.ts";
import type { StatusWriter } from "./status_writer.ts";

/** What all Pod workers of a node share. */
export interface Shared {
  readonly runtime: ContainerRuntime;
  readonly client: Client;
  readonly clock: Clock;
  readonly facts: () => NodeFacts;
  readonly volumes: Volumes;
  /** Asks a container once whether it is well. */
  readonly probe: typeof probe;
  readonly cgroups: PodCgroups;
  readonly images: ImagePuller;
  readonly status: StatusWriter;
  readonly services: () => readonly Service[];
  /** Ends all work; containers go on. */
  readonly signal: AbortSignal;
  /** Tells which Pod a runtime id belongs to, before any event of it can come. */
  readonly claim: (runtimeId: string, uid: string) => void;
  readonly event: PodEvent;
  /** Reads what a Pod is given: from the server, and where none answers what it answered last. */
  readonly remembered: Remembered;
}

/** `key` tells apart what one Pod is given. */
export type Remembered = <T>(pod: Pod, key: string, fetch: () => Promise<T>) => Promise<T>;

/** Reports on a Pod, or on one of its containers. */
export type PodEvent = (
  pod: Pod,
  container: string | undefined,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
) => void;

export interface PodCgroups {
  /** The Pod's cgroup: the parent of its sandbox's and its containers' own ones. */
  path(pod: Pod): string;
  /** Makes it with its limits. With `before`, the Pod as it was before a resize, these are the larger ones of the two. */
  ensure(pod: Pod, before?: Pod): Promise<void>;
  remove(uid: string): Promise<void>;
  /** The uids of all Pods that have one. */
  list(): Promise<string[]>;
}

/** `spec.containers{web}`, as events name the container they are about. */
export function containerField(pod: Pod, container: Pick<Container, "name">): string {
  const { initContainers, ephemeralContainers } = pod.spec;
  const named = ({ name }: { name: string }) => name === container.name;
  const list = initContainers?.some(named)
    ? "initContainers"
    : ephemeralContainers?.some(named)
    ? "ephemeralContainers"
    : "containers";
  return `spec.${list}{${container.name}}`;
}

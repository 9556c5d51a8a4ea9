import type {
  Container,
  ContainerState,
  ContainerStats,
  ContainerSummary,
  Image,
  RuntimeCondition,
  Sandbox,
} from "../contract.ts";
import type { Fields } from "./descriptor.ts";

type Labels = Record<string, string>;
interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
}

const STATES: Readonly<Record<string, ContainerState>> = {
  CONTAINER_CREATED: "created",
  CONTAINER_RUNNING: "running",
  CONTAINER_EXITED: "exited",
};

/** CRI gives nanoseconds since the epoch. */
function milliseconds(nanoseconds: unknown): number {
  return Math.floor(nanoseconds as number / 1e6);
}

/** From a `PodSandbox` of a list or a `PodSandboxStatus`. */
export function toSandbox(from: Fields): Sandbox {
  const { name, namespace, uid, attempt } = from.metadata as Metadata;
  const network = from.network as { ip: string; additionalIps: { ip: string }[] } | null | undefined;
  return {
    id: from.id as string,
    name,
    namespace,
    uid,
    attempt,
    ready: from.state === "SANDBOX_READY",
    createdAt: milliseconds(from.createdAt),
    ips: network?.ip ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : [],
    labels: from.labels as Labels,
    annotations: from.annotations as Labels,
  };
}

/** From a `Container` of a list. */
export function toContainerSummary(from: Fields): ContainerSummary {
  return { ...common(from), sandboxId: from.podSandboxId as string };
}

/** From a `ContainerStatus`, which does not say its sandbox: containerd's `info` does, or a list. */
export function toContainer(from: Fields, sandboxId: string): Container {
  const startedAt = milliseconds(from.startedAt);
  const finishedAt = milliseconds(from.finishedAt);
  return {
    ...common(from),
    sandboxId,
    startedAt,
    // The start is noted when the runtime has heard of it: a short container's end may be older.
    finishedAt: finishedAt > 0 ? Math.max(startedAt, finishedAt) : finishedAt,
    exitCode: from.exitCode as number,
    reason: from.reason as string,
    message: from.message as string,
    logPath: from.logPath as string,
  };
}

function common(from: Fields): Omit<ContainerSummary, "sandboxId"> {
  const { name, attempt } = from.metadata as Metadata;
  return {
    id: from.id as string,
    name,
    attempt,
    state: STATES[from.state as string] ?? "unknown",
    createdAt: milliseconds(from.createdAt),
    image: (from.image as { image: string } | null)?.image ?? "",
    imageId: from.imageRef as string,
    labels: from.labels as Labels,
    annotations: from.annotations as Labels,
  };
}

export function toImage(from: Fields): Image {
  const uid = from.uid as { value: number } | null;
  const username = from.username as string;
  return {
    id: from.id as string,
    tags: from.repoTags as string[],
    digests: from.repoDigests as string[],
    bytes: from.size as number,
    pinned: from.pinned as boolean,
    ...(uid ? { uid: uid.value } : {}),
    ...(username ? { username } : {}),
  };
}

export function toConditions(answer: Fields): readonly RuntimeCondition[] {
  return (answer.status as { conditions: RuntimeCondition[] } | null)?.conditions ?? [];
}

export function toContainerStats(from: Fields): ContainerStats {
  type Counted = { value: number } | null;
  const attributes = from.attributes as { id: string; labels: Labels };
  const cpu = from.cpu as { timestamp: number; usageCoreNanoSeconds: Counted } | null;
  const memory = from.memory as { timestamp: number; workingSetBytes: Counted } | null;
  const layer = from.writableLayer as { usedBytes: Counted } | null;
  return {
    containerId: attributes.id,
    labels: attributes.labels,
    at: milliseconds(cpu?.timestamp ?? memory?.timestamp ?? 0),
    cpuNanoseconds: cpu?.usageCoreNanoSeconds?.value ?? 0,
    memoryBytes: memory?.workingSetBytes?.value ?? 0,
    rootfsBytes: layer?.usedBytes?.value ?? 0,
  };
}

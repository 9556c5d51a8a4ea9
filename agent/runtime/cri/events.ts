import type { RuntimeEvent } from "../contract.ts";
import type { Channel, Method } from "./channel.ts";
import { type Codec, containerdEventCodec, type Fields } from "./descriptor.ts";

/** containerd forgets events nobody reads; this many in flight mean that the reader hangs. */
const UNREAD_LIMIT = 10_000;

/**
 * Events of containerd's own API. CRI's GetContainerEvents exists since containerd 1.7 only and never tells of OOM kills, while this one has
 * been stable since 1.0; so it is taken wherever the runtime is containerd.
 */
export async function* containerdEvents(channel: Channel, signal: AbortSignal): AsyncIterable<RuntimeEvent> {
  const codec = containerdEventCodec();
  const method: Method = {
    path: "/containerd.services.events.v1.Events/Subscribe",
    request: "SubscribeRequest",
    response: "Envelope",
    codec,
  };
  const filters = ['namespace=="k8s.io",topic~="^/(tasks/(exit|oom|start)|containers/delete)$"'];
  const headers = { "containerd-namespace": "k8s.io" };
  for await (const envelope of channel.stream(method, { filters }, { signal, limit: UNREAD_LIMIT, headers })) {
    const event = TOPICS[envelope.topic as string]?.(codec, (envelope.event as { value: Uint8Array }).value);
    if (event) yield event;
  }
}

const TOPICS: Readonly<Record<string, (codec: Codec, payload: Uint8Array) => RuntimeEvent | undefined>> = {
  "/tasks/exit": (codec, payload) => {
    const { containerId, id, exitStatus } = codec.decode("TaskExit", payload);
    // A process started by exec has an id of its own.
    if (id !== containerId) return undefined;
    return { type: "exited", containerId: containerId as string, exitCode: exitStatus as number };
  },
  "/tasks/oom": (codec, payload) => ({
    type: "oom",
    containerId: codec.decode("TaskOOM", payload).containerId as string,
  }),
  "/tasks/start": (codec, payload) => ({
    type: "started",
    containerId: codec.decode("TaskStart", payload).containerId as string,
  }),
  "/containers/delete": (codec, payload) => ({
    type: "deleted",
    containerId: codec.decode("ContainerDelete", payload).id as string,
  }),
};

/** CRI's own events, for runtimes that are not containerd. */
export async function* criEvents(channel: Channel, codec: Codec, signal: AbortSignal): AsyncIterable<RuntimeEvent> {
  const method: Method = {
    path: "/runtime.v1.RuntimeService/GetContainerEvents",
    request: "GetEventsRequest",
    response: "ContainerEventResponse",
    codec,
  };
  for await (const answer of channel.stream(method, {}, { signal, limit: UNREAD_LIMIT })) {
    const containerId = answer.containerId as string;
    if (answer.containerEventType === "CONTAINER_STARTED_EVENT") yield { type: "started", containerId };
    else if (answer.containerEventType === "CONTAINER_DELETED_EVENT") yield { type: "deleted", containerId };
    else if (answer.containerEventType === "CONTAINER_STOPPED_EVENT") {
      const status = (answer.containersStatuses as Fields[]).find(({ id }) => id === containerId);
      yield { type: "exited", containerId, exitCode: status?.exitCode as number ?? 0 };
    }
  }
}

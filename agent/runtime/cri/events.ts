import type { RuntimeEvent } from "../contract.ts";
import type { Channel, Method } from "./channel.ts";
import { type Codec, containerdEventCodec, type Fields } from "./descriptor.ts";

/** containerd forgets events nobody reads; this many in flight mean that the reader hangs. */
const UNREAD_LIMIT = 10_000;

const HEADERS = { "containerd-namespace": "k8s.io" };
const MARKER = "/skiff/subscribed";

/**
 * Events of containerd's own API. CRI's GetContainerEvents exists since containerd 1.7 only and never tells of OOM kills, while this one has
 * been stable since 1.0; so it is taken wherever the runtime is containerd. `subscribed` is called once no event can be missed any more.
 *
 * A death just before is neither an event any more nor yet known to CRI, which writes it down some milliseconds later; so what
 * CRI calls running (`running` answers their ids) and has no running task is told as exited, to begin with.
 */
export async function* containerdEvents(
  channel: Channel,
  signal: AbortSignal,
  subscribed: () => void,
  running: () => Promise<readonly string[]>,
): AsyncGenerator<RuntimeEvent> {
  const codec = containerdEventCodec();
  const filters = ['namespace=="k8s.io",topic~="^/(tasks/(exit|oom|start)|containers/delete|skiff/subscribed)$"'];
  const first = new AbortController();
  const messages = subscribe(channel, codec, filters, signal);
  publishUntil(AbortSignal.any([signal, first.signal]), channel, codec);
  for await (const envelope of messages) {
    if (!first.signal.aborted) {
      first.abort();
      subscribed();
      const [shown, alive] = [await running(), await runningTasks(channel, codec, signal)];
      for (const containerId of shown) if (!alive.has(containerId)) yield { type: "exited", containerId, exitCode: 0 };
    }
    const event = TOPICS[envelope.topic as string]?.(codec, (envelope.event as { value: Uint8Array }).value);
    if (event) yield event;
  }
}

/** Rejects with a `RuntimeError` when containerd dies; resolves when the signal aborts. Costs nothing meanwhile. */
export async function untilDisconnected(channel: Channel, signal: AbortSignal): Promise<void> {
  const none = ['topic=="/skiff/none"'];
  for await (const _ of subscribe(channel, containerdEventCodec(), none, signal)) {
    // Nothing has this topic.
  }
}

function subscribe(channel: Channel, codec: Codec, filters: string[], signal: AbortSignal): AsyncIterable<Fields> {
  const method: Method = {
    path: "/containerd.services.events.v1.Events/Subscribe",
    request: "SubscribeRequest",
    response: "Envelope",
    codec,
  };
  return channel.stream(method, { filters }, { signal, limit: UNREAD_LIMIT, headers: HEADERS });
}

async function runningTasks(channel: Channel, codec: Codec, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const method: Method = {
    path: "/containerd.services.tasks.v1.Tasks/List",
    request: "ListTasksRequest",
    response: "ListTasksResponse",
    codec,
  };
  const answer = await channel.call(method, {}, { timeout: 10_000, signal, headers: HEADERS });
  const tasks = answer.tasks as { containerId: string; id: string; status: number }[];
  // A task that was asked for itself is named by its id alone.
  return new Set(tasks.filter(({ status }) => status !== STOPPED).map(({ containerId, id }) => containerId || id));
}

const STOPPED = 3;

/** containerd does not say when a subscription stands; that something arrives shows it. So something is published until it does. */
async function publishUntil(arrived: AbortSignal, channel: Channel, codec: Codec): Promise<void> {
  const method: Method = {
    path: "/containerd.services.events.v1.Events/Publish",
    request: "PublishRequest",
    response: "Empty",
    codec,
  };
  const fields = { topic: MARKER, event: { typeUrl: "skiff/subscribed" } };
  for (let wait = 1; !arrived.aborted && wait < 5_000; wait *= 2) {
    // Fails with the connection, and so does the subscription, which tells it.
    await channel.call(method, fields, { timeout: 1_000, signal: arrived, headers: HEADERS }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, wait));
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
export async function* criEvents(channel: Channel, codec: Codec, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
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

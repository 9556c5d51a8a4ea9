import type { ContainerRuntime, RuntimeEvent } from "../contract.ts";
import { RuntimeError } from "../contract.ts";
import { openChannel } from "./channel.ts";
import { criCodec, type Fields } from "./descriptor.ts";
import { containerdEvents, criEvents } from "./events.ts";
import { toConditions, toContainer, toContainerStats, toContainerSummary, toSandbox } from "./from_cri.ts";
import { type Call, criImages } from "./images.ts";
import { containerConfig, resources, sandboxConfig } from "./to_cri.ts";

export interface CriOptions {
  /** `unix:///run/containerd/containerd.sock`; the path alone will do. */
  readonly endpoint: string;
}

/** Milliseconds. CNI plugins and a slow card share the long one. */
const QUICK = 10_000;
const LONG = 240_000;
const SUBSCRIBED_WITHIN = 2_000;

/** A container runtime that speaks CRI v1 over its Unix socket. Connects at the first call, and again whenever the runtime comes back. */
export function createCriRuntime({ endpoint }: CriOptions): ContainerRuntime {
  const channel = openChannel(endpoint);
  const codec = criCodec();
  const node = { appArmor: hasAppArmor() };
  const caller = (service: string): Call => (method, fields, options) =>
    channel.call(
      { path: `/runtime.v1.${service}/${method}`, request: `${method}Request`, response: `${method}Response`, codec },
      fields,
      options,
    );
  const call = caller("RuntimeService");
  /** A container's sandbox never changes, and ContainerStatus does not tell it. */
  const sandboxOf = new Map<string, string>();

  const subscribing = new Set<Promise<void>>();

  /** Who lists after subscribing misses nothing: what shows states waits until every subscription that was begun stands. */
  async function settled(): Promise<void> {
    if (subscribing.size > 0) await Promise.all(subscribing);
  }

  async function listContainers(filter: Fields, signal: AbortSignal | undefined) {
    await settled();
    const answer = await call("ListContainers", { filter }, { timeout: QUICK, signal });
    return (answer.containers as Fields[]).map(toContainerSummary);
  }

  async function sandboxIdOf(id: string, signal: AbortSignal | undefined): Promise<string> {
    const known = sandboxOf.get(id);
    if (known !== undefined) return known;
    const [summary] = await listContainers({ id }, signal);
    if (summary) sandboxOf.set(id, summary.sandboxId);
    return summary?.sandboxId ?? "";
  }

  async function container(id: string, signal?: AbortSignal) {
    await settled();
    const answer = await unlessGone(call("ContainerStatus", { containerId: id }, { timeout: QUICK, signal }));
    return answer ? toContainer(answer.status as Fields, await sandboxIdOf(id, signal)) : undefined;
  }

  async function version(signal?: AbortSignal) {
    const answer = await call("Version", { version: "v1" }, { timeout: QUICK, signal });
    return { name: answer.runtimeName as string, version: answer.runtimeVersion as string };
  }

  function events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    let stands = () => {};
    const subscription = new Promise<void>((resolve) => stands = resolve);
    subscribing.add(subscription);
    // One that cannot be had must not hold up what others ask for.
    const timer = setTimeout(() => stands(), SUBSCRIBED_WITHIN);
    subscription.then(() => {
      clearTimeout(timer);
      subscribing.delete(subscription);
    });
    return startedAtOnce(subscribe(signal, stands));
  }

  async function* subscribe(signal: AbortSignal, stands: () => void): AsyncGenerator<RuntimeEvent> {
    const running = async () =>
      (await listContainers({ state: { state: "CONTAINER_RUNNING" } }, signal)).map(({ id }) => id);
    try {
      const runtime = await version(signal).catch((error) => {
        if (!signal.aborted) throw error;
      });
      if (!runtime) return;
      const isContainerd = runtime.name === "containerd";
      // Other runtimes do not show when they are subscribed to; their callers list again now and then, as all should.
      if (!isContainerd) stands();
      const told = isContainerd
        ? containerdEvents(channel, signal, stands, running)
        : criEvents(channel, codec, signal);
      for await (const event of told) {
        if (event.type === "deleted") sandboxOf.delete(event.containerId);
        if (event.type !== "exited") {
          yield event;
          continue;
        }
        const { exitCode } = await whenExited(() => container(event.containerId, signal), signal) ?? event;
        yield { ...event, exitCode };
      }
    } finally {
      stands();
    }
  }

  return {
    version,
    async status(signal) {
      return toConditions(await call("Status", {}, { timeout: QUICK, signal }));
    },

    async runSandbox(config, signal) {
      const fields = { config: sandboxConfig(config), runtimeHandler: config.runtimeHandler ?? "" };
      return (await call("RunPodSandbox", fields, { timeout: LONG, signal })).podSandboxId as string;
    },
    async stopSandbox(id, signal) {
      await unlessGone(call("StopPodSandbox", { podSandboxId: id }, { timeout: LONG, signal }));
    },
    async removeSandbox(id, signal) {
      await unlessGone(call("RemovePodSandbox", { podSandboxId: id }, { timeout: LONG, signal }));
    },
    async sandbox(id, signal) {
      await settled();
      const answer = await unlessGone(call("PodSandboxStatus", { podSandboxId: id }, { timeout: QUICK, signal }));
      return answer ? toSandbox(answer.status as Fields) : undefined;
    },
    async sandboxes(signal) {
      await settled();
      return ((await call("ListPodSandbox", {}, { timeout: QUICK, signal })).items as Fields[]).map(toSandbox);
    },

    async createContainer(sandboxId, config, sandbox, signal) {
      const answer = await call("CreateContainer", {
        podSandboxId: sandboxId,
        config: containerConfig(config, node),
        sandboxConfig: sandboxConfig(sandbox),
      }, { timeout: LONG, signal });
      const id = answer.containerId as string;
      sandboxOf.set(id, sandboxId);
      return id;
    },
    async startContainer(id, signal) {
      await call("StartContainer", { containerId: id }, { timeout: LONG, signal });
    },
    async stopContainer(id, graceSeconds, signal) {
      const timeout = LONG + graceSeconds * 1000;
      await unlessGone(call("StopContainer", { containerId: id, timeout: graceSeconds }, { timeout, signal }));
    },
    async removeContainer(id, signal) {
      await unlessGone(call("RemoveContainer", { containerId: id }, { timeout: LONG, signal }));
      sandboxOf.delete(id);
    },
    container,
    containers: (sandboxId, signal) => listContainers(sandboxId ? { podSandboxId: sandboxId } : {}, signal),
    async updateContainerResources(id, wanted, signal) {
      const fields = { containerId: id, linux: resources(wanted) };
      await call("UpdateContainerResources", fields, { timeout: QUICK, signal });
    },
    async reopenContainerLog(id, signal) {
      await call("ReopenContainerLog", { containerId: id }, { timeout: QUICK, signal });
    },

    async execSync(id, command, timeoutSeconds, signal) {
      // Without a limit of the caller's the connection's own end is the limit: a day is longer than any hook's grace period.
      const timeout = (timeoutSeconds || 86_400) * 1000 + QUICK;
      const fields = { containerId: id, cmd: command, timeout: timeoutSeconds };
      const { stdout, stderr, exitCode } = await call("ExecSync", fields, { timeout, signal });
      return { stdout: stdout as Uint8Array, stderr: stderr as Uint8Array, exitCode: exitCode as number };
    },
    async exec({ command, ...request }, signal) {
      return (await call("Exec", { ...request, cmd: command }, { timeout: QUICK, signal })).url as string;
    },
    async attach(request, signal) {
      return (await call("Attach", { ...request }, { timeout: QUICK, signal })).url as string;
    },
    async portForward(sandboxId, ports, signal) {
      const fields = { podSandboxId: sandboxId, port: ports };
      return (await call("PortForward", fields, { timeout: QUICK, signal })).url as string;
    },

    async stats(signal) {
      const answer = await call("ListContainerStats", {}, { timeout: QUICK, signal });
      return (answer.stats as Fields[]).map(toContainerStats);
    },

    events,

    images: criImages(caller("ImageService")),
    close() {
      channel.close();
      return Promise.resolve();
    },
  };
}

/** A generator runs from its first `next` on; the subscription has to stand before the caller lists. */
function startedAtOnce<T>(generator: AsyncGenerator<T>): AsyncIterable<T> {
  let first: Promise<IteratorResult<T>> | undefined = generator.next();
  first.catch(() => {});
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        const next = first ?? generator.next();
        first = undefined;
        return next;
      },
      return: () => generator.return(undefined),
    }),
  };
}

/**
 * containerd tells of an exit before its CRI part has written it down; who is told asks for the container at once and must not
 * find it running. Waits until it has, at most for about a second.
 */
async function whenExited<T extends { readonly state: string }>(
  look: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let pause = 2; pause < 600 && !signal.aborted; pause *= 2) {
    const container = await look();
    if (container?.state !== "running") return container;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return undefined;
}

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RuntimeError && error.reason === "notFound") return undefined;
    throw error;
  }
}

function hasAppArmor(): boolean {
  try {
    return Deno.readTextFileSync("/sys/module/apparmor/parameters/enabled").startsWith("Y");
  } catch {
    return false;
  }
}

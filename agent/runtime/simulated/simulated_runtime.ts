import type { Clock } from "../../../api/clock.ts";
import {
  type Container,
  type ContainerRuntime,
  type ContainerSummary,
  type Image,
  RuntimeError,
  type Sandbox,
  type SandboxConfig,
} from "../contract.ts";
import { AddressRange } from "./addresses.ts";
import { type Behaviour, behaviourOf, execute } from "./behaviour.ts";
import { EventHub } from "./event_hub.ts";

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  /** The Pods' addresses. */
  readonly podCidr?: string;
  /** The node's own, which Pods on its network have. */
  readonly nodeIP?: string;
  /** Begins every id, so that those of many nodes differ. */
  readonly name?: string;
  /** Images that cannot be pulled; all others are there as soon as they are asked for. */
  readonly missingImages?: Pick<ReadonlySet<string>, "has">;
}

interface SandboxRecord {
  readonly config: SandboxConfig;
  readonly id: string;
  readonly createdAt: number;
  readonly ip: string | undefined;
  ready: boolean;
}

interface ContainerRecord {
  shown: Container;
  readonly behaviour: Behaviour;
  cancel: () => void;
}

const KILLED = 137;

export interface SimulatedRuntime extends ContainerRuntime {
  /** Another runtime in which the same runs, from then on by itself. */
  fork(): SimulatedRuntime;
}

/** All that there is in a runtime. */
interface Contents {
  readonly addresses: AddressRange;
  readonly sandboxes: ReadonlyMap<string, SandboxRecord>;
  readonly containers: ReadonlyMap<string, ContainerRecord>;
  readonly images: ReadonlyMap<string, Image>;
  /** Of ids that were given. */
  readonly count: number;
}

/** A runtime that runs nothing: containers start at once and end as {@linkcode behaviourOf} says, by the given clock. */
export function createSimulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  return runtimeOf(options, {
    addresses: new AddressRange(options.podCidr ?? "10.42.0.0/16"),
    sandboxes: new Map(),
    containers: new Map(),
    images: new Map(),
    count: 0,
  });
}

function runtimeOf(options: SimulatedRuntimeOptions, contents: Contents): SimulatedRuntime {
  const { clock, name = "sim", nodeIP = "192.0.2.1", missingImages = new Set<string>() } = options;
  const addresses = contents.addresses.fork();
  const sandboxes = new Map(contents.sandboxes.entries().map(([id, record]) => [id, { ...record }]));
  const containers = new Map(
    contents.containers.entries().map(([id, record]) => [id, { ...record, cancel: () => {} }]),
  );
  const images = new Map(contents.images);
  const hub = new EventHub();
  let { count } = contents;
  const newId = () => `${name}-${(++count).toString(16).padStart(12, "0")}`;

  function find<T>(records: Map<string, T>, kind: string, id: string): T {
    const record = records.get(id);
    if (!record) throw new RuntimeError("notFound", `${kind} ${JSON.stringify(id)}: not found`);
    return record;
  }

  function end(record: ContainerRecord, exitCode: number): void {
    if (record.shown.state !== "running") return;
    record.cancel();
    record.shown = {
      ...record.shown,
      state: "exited",
      exitCode,
      finishedAt: clock.now(),
      reason: exitCode === 0 ? "Completed" : "Error",
    };
    hub.publish({ type: "exited", containerId: record.shown.id, exitCode });
  }

  function scheduleEnd(record: ContainerRecord): void {
    const { endsAfter, exitCode } = record.behaviour;
    if (endsAfter === undefined || record.shown.state !== "running") return;
    const left = record.shown.startedAt + endsAfter - clock.now();
    record.cancel = clock.after(Math.max(left, 0), () => end(record, exitCode));
  }
  for (const record of containers.values()) scheduleEnd(record);

  function remove(id: string): void {
    const record = containers.get(id);
    if (!record) return;
    end(record, KILLED);
    containers.delete(id);
    hub.publish({ type: "deleted", containerId: id });
  }

  function of(sandboxId: string): ContainerRecord[] {
    return [...containers.values()].filter(({ shown }) => shown.sandboxId === sandboxId);
  }

  function stopSandbox(record: SandboxRecord): void {
    if (!record.ready) return;
    record.ready = false;
    for (const container of of(record.id)) end(container, KILLED);
    if (record.ip !== undefined) addresses.give(record.ip);
  }

  function image(reference: string): Image | undefined {
    const known = images.get(reference) ?? [...images.values()].find(({ id }) => id === reference);
    if (known || missingImages.has(reference) || reference.startsWith("nowhere.example/")) return known;
    const made = { id: `sha256:${newId()}`, tags: [reference], digests: [], bytes: 1_000_000, pinned: false };
    images.set(reference, made);
    return made;
  }

  return {
    version: answer(() => ({ name: "simulated", version: "1" })),
    status: answer(() => [
      { type: "RuntimeReady", status: true, reason: "", message: "" },
      { type: "NetworkReady", status: true, reason: "", message: "" },
    ]),

    runSandbox: answer((config) => {
      const ip = config.namespaces.network === "pod" ? addresses.take() : undefined;
      if (config.namespaces.network === "pod" && ip === undefined) {
        throw new RuntimeError("failed", "no address is left in the Pods' range");
      }
      const id = newId();
      sandboxes.set(id, { config, id, createdAt: clock.now(), ip, ready: true });
      return id;
    }),
    stopSandbox: answer((id) => {
      const record = sandboxes.get(id);
      if (record) stopSandbox(record);
    }),
    removeSandbox: answer((id) => {
      const record = sandboxes.get(id);
      if (!record) return;
      stopSandbox(record);
      for (const { shown } of of(id)) remove(shown.id);
      sandboxes.delete(id);
    }),
    sandbox: answer((id) => {
      const record = sandboxes.get(id);
      return record && show(record);
    }),
    sandboxes: answer(() => [...sandboxes.values()].map(show)),

    createContainer: (sandboxId, config, _sandbox, signal) =>
      answer(() => {
        const sandbox = find(sandboxes, "sandbox", sandboxId);
        const found = image(config.image);
        if (!found) throw new RuntimeError("notFound", `image ${JSON.stringify(config.image)}: not found`);
        const id = newId();
        const shown: Container = {
          id,
          sandboxId,
          name: config.name,
          attempt: config.attempt,
          state: "created",
          createdAt: clock.now(),
          image: config.image,
          imageId: found.id,
          labels: config.labels,
          annotations: config.annotations,
          startedAt: 0,
          finishedAt: 0,
          exitCode: 0,
          reason: "",
          message: "",
          logPath: `${sandbox.config.logDirectory}/${config.logPath}`,
        };
        containers.set(id, { shown, behaviour: behaviourOf(config), cancel: () => {} });
        return id;
      })(signal),
    startContainer: answer((id) => {
      const record = find(containers, "container", id);
      if (record.shown.state !== "created") {
        throw new RuntimeError("failed", `container ${id} cannot be started: it is ${record.shown.state}`);
      }
      record.shown = { ...record.shown, state: "running", startedAt: clock.now() };
      hub.publish({ type: "started", containerId: id });
      scheduleEnd(record);
    }),
    stopContainer: (id, graceSeconds, signal) =>
      answer(() => {
        const record = containers.get(id);
        // With some grace it ends in order, as a server does that heeds SIGTERM.
        if (record) end(record, graceSeconds > 0 ? 0 : KILLED);
      })(signal),
    removeContainer: answer(remove),
    container: answer((id) => containers.get(id)?.shown),
    containers: (sandboxId, signal) =>
      answer((): readonly ContainerSummary[] =>
        (sandboxId ? of(sandboxId) : [...containers.values()]).map(({ shown }) => shown)
      )(signal),
    updateContainerResources: (id, _resources, signal) => answer(() => void find(containers, "container", id))(signal),
    reopenContainerLog: answer((id) => void find(containers, "container", id)),

    execSync: (id, command, timeoutSeconds, signal) =>
      answer(() => {
        find(containers, "container", id);
        const result = execute(command, timeoutSeconds * 1000);
        if (result) return result;
        throw new RuntimeError("deadlineExceeded", `command took longer than ${timeoutSeconds} s`);
      })(signal),
    exec: () => refuseStream(),
    attach: () => refuseStream(),
    portForward: () => refuseStream(),

    stats: answer(() =>
      [...containers.values()].filter(({ shown }) => shown.state === "running").map(({ shown }) => ({
        containerId: shown.id,
        labels: shown.labels,
        at: clock.now(),
        // A thousandth of a core each.
        cpuNanoseconds: (clock.now() - shown.startedAt) * 1000,
        memoryBytes: 1_000_000,
        rootfsBytes: 0,
      }))
    ),
    events: (signal) => hub.subscribe(signal),

    images: {
      get: answer(image),
      list: answer(() => [...images.values()]),
      pull: (reference, _auth, signal) =>
        answer(() => {
          const found = image(reference);
          if (found) return found.id;
          throw new RuntimeError("pullFailed", `${reference}: not found in its registry`);
        })(signal),
      remove: answer((reference) => {
        const found = images.get(reference) ?? [...images.values()].find(({ id }) => id === reference);
        for (const tag of found?.tags ?? []) images.delete(tag);
      }),
      filesystem: answer(() => ({
        path: "/",
        usedBytes: [...images.values()].reduce((sum, { bytes }) => sum + bytes, 0),
        usedInodes: images.size,
      })),
    },
    fork: () => runtimeOf(options, { addresses, sandboxes, containers, images, count }),
    close() {
      hub.close();
      for (const { cancel } of containers.values()) cancel();
      return Promise.resolve();
    },
  };

  function show({ id, config, createdAt, ip, ready }: SandboxRecord): Sandbox {
    return {
      id,
      name: config.name,
      namespace: config.namespace,
      uid: config.uid,
      attempt: config.attempt,
      ready,
      createdAt,
      ips: ip === undefined ? config.namespaces.network === "node" ? [nodeIP] : [] : [ip],
      labels: config.labels,
      annotations: config.annotations,
    };
  }
}

function refuseStream(): Promise<never> {
  const message = "a simulated container has nothing to exec in, attach to or forward to";
  return Promise.reject(new RuntimeError("failed", message));
}

/** Makes a method of the contract of a synchronous step; the last argument is the signal. */
function answer<A extends unknown[], R>(step: (...args: A) => R): (...args: [...A, AbortSignal?]) => Promise<R> {
  return async (...args) => {
    const signal = args.at(-1);
    if (signal instanceof AbortSignal) signal.throwIfAborted();
    return step(...args as unknown as A);
  };
}

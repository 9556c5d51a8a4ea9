import { getLogger } from "@logtape/logtape";
import { deepEqual } from "../../api/meta/deep_equal.ts";
import type { Node, Pod } from "../../api/types/core_v1.ts";
import type { RuntimeEvent } from "../runtime/contract.ts";
import { tellOfDeadContainer, tellOfDeadSandbox } from "./deaths.ts";
import type { PodDirectory } from "./directory.ts";
import { isMirrorPod, isStaticPod } from "./labels.ts";
import { refusal, tooBig } from "./node_admission.ts";
import { logDirectoryPath } from "./node_facts.ts";
import { messageOf } from "./pod_error.ts";
import { PodProbes, rememberedProbes } from "./pod_probes.ts";
import { PodWorker } from "./pod_worker.ts";
import { foundResources, type PodResources, resourcesOf, sameResources, withResources } from "./pod_resources.ts";
import { podDirectories, removeOrphan } from "./remove_orphan.ts";
import { resizeSummary } from "./resize.ts";
import { readResizeNotes } from "./resize_notes.ts";
import type { PodRuntime } from "./runtime_watch.ts";
import type { Shared } from "./shared.ts";
import { newestFirst, type PendingResize } from "./state.ts";
import { withTerminationMessage } from "./termination_message.ts";

export interface PodManagerOptions {
  readonly shared: Shared;
  readonly node: () => Node | undefined;
  readonly random: () => number;
  /** A Pod has left the node for good. */
  readonly gone: (pod: Pod) => void;
}

const logger = getLogger(["skiff", "agent", "pods"]);
const nothing: PodRuntime = { sandboxes: [], containers: [] };

interface Entry {
  readonly worker: PodWorker;
  readonly probes: PodProbes;
  /** As its source has it. */
  wanted: Pod;
  /** Resources that it was granted; undefined until the runtime has been asked what there is of it. */
  granted: PodResources | undefined;
  /** A resize that cannot be granted for now. */
  pending: PendingResize | undefined;
}

/** All Pods of the node: one worker each, fed from the sources of Pods and from the runtime. */
export class Pods implements PodDirectory {
  readonly #options: PodManagerOptions;
  readonly #workers = new Map<string, Entry>();
  /** Runtime ids of sandboxes and containers, and the Pods they belong to. */
  readonly #owners = new Map<string, string>();
  /** What waits for a Pod of the same name to leave: a static Pod whose file has changed. */
  readonly #successors = new Map<string, Pod>();
  /** Pods that have left, until their source says so too: it may still send what it saw before. */
  readonly #left = new Set<string>();
  #runtime: ReadonlyMap<string, PodRuntime> | undefined;
  #knowsStatic = false;
  #hasSwept = false;

  constructor(options: PodManagerOptions) {
    this.#options = options;
  }

  // Sources of Pods.

  desired(pod: Pod): void {
    if (isMirrorPod(pod)) return;
    const uid = pod.metadata.uid ?? "";
    const known = this.#workers.get(uid);
    if (known) {
      const before = known.worker.state.pod.metadata;
      known.wanted = pod;
      this.#grant(known);
      const { labels, annotations } = pod.metadata;
      // Volumes may show them.
      if (!deepEqual(before.labels, labels) || !deepEqual(before.annotations, annotations)) this.refreshVolumes(uid);
      return;
    }
    if (this.#left.has(uid)) return;
    if (isStaticPod(pod) && this.#named(pod.metadata.namespace, pod.metadata.name)) {
      this.#successors.set(fullName(pod), pod);
      return;
    }
    this.#begin(pod, uid);
  }

  absent(pod: Pod): void {
    const uid = pod.metadata.uid ?? "";
    this.#left.delete(uid);
    if (this.#successors.get(fullName(pod))?.metadata.uid === uid) this.#successors.delete(fullName(pod));
    this.#workers.get(uid)?.worker.send({ type: "absent" });
  }

  has(uid: string): boolean {
    return this.#workers.has(uid);
  }

  /** The API's object of this Pod is there, for the first time or again. */
  objectAppeared(uid: string): void {
    this.#workers.get(uid)?.worker.republish();
  }

  refreshVolumes(uid: string): void {
    this.#workers.get(uid)?.worker.send({ type: "refreshVolumes", at: this.#options.shared.clock.now() });
  }

  // The runtime.

  claim(runtimeId: string, uid: string): void {
    this.#owners.set(runtimeId, uid);
  }

  /** `at` is when the list was asked for. */
  async listed(all: ReadonlyMap<string, PodRuntime>, at: number): Promise<void> {
    const facts = this.#options.shared.facts();
    const isFirst = this.#runtime === undefined;
    this.#runtime = all;
    for (const [uid, { sandboxes, containers }] of all) {
      for (const { id } of [...sandboxes, ...containers]) this.#owners.set(id, uid);
    }
    for (const [uid, entry] of this.#workers) {
      const { worker } = entry;
      const found = all.get(uid) ?? nothing;
      if (isFirst) this.#observe(entry, found);
      else if (worker.state.inFlight.size === 0) {
        // What is being made or ended just now answers for itself; a list may be older than that answer.
        const containers = await Promise.all(found.containers.map((one) => withTerminationMessage(one, facts, uid)));
        if (worker.state.inFlight.size === 0) worker.send({ type: "observed", at, ...found, containers });
      }
    }
  }

  async runtimeEvent(event: RuntimeEvent): Promise<void> {
    const uid = this.#owners.get(event.containerId);
    const entry = uid === undefined ? undefined : this.#workers.get(uid);
    // An OOM kill may be told after the death that it explains.
    if (!entry || event.type === "started") return;
    const { worker } = entry;
    const isSandbox = worker.state.sandboxes.some(({ id }) => id === event.containerId);
    try {
      if (isSandbox) await tellOfDeadSandbox(event.containerId, worker, this.#options.shared);
      else await tellOfDeadContainer(event.containerId, worker, this.#options.shared);
    } catch (error) {
      if (this.#options.shared.signal.aborted) return;
      logger.warn("what became of {id} could not be asked: {error}", {
        id: event.containerId,
        error: messageOf(error),
      });
    }
  }

  /** From now on what is left of a static Pod that is not wanted may be removed too. */
  staticPodsKnown(): void {
    if (this.#knowsStatic) return;
    this.#knowsStatic = true;
    if (this.#hasSwept) void this.sweep();
  }

  /** Once it is known which Pods the API wants: removes what others have left behind. */
  async sweep(): Promise<void> {
    const { shared } = this.#options;
    this.#hasSwept = true;
    const found = new Map(this.#runtime ?? []);
    for (const uid of [...await podDirectories(shared.facts()), ...await shared.cgroups.list()]) {
      if (!found.has(uid)) found.set(uid, nothing);
    }
    for (const [uid, runtime] of found) {
      if (!this.#knowsStatic && isOfStaticPod(runtime)) continue;
      if (this.#workers.has(uid) || [...this.#successors.values()].some((pod) => pod.metadata.uid === uid)) continue;
      try {
        await removeOrphan(uid, runtime, shared);
        logger.info("removed what was left of Pod {uid}", { uid });
      } catch (error) {
        if (shared.signal.aborted) return;
        logger.warn("what is left of Pod {uid} could not be removed: {error}", { uid, error: messageOf(error) });
      }
    }
  }

  close(): void {
    for (const { worker, probes } of this.#workers.values()) {
      probes.close();
      worker.close();
    }
  }

  // The directory.

  pod(namespace: string, name: string): Pod | undefined {
    return this.#named(namespace, name)?.pod;
  }

  all(): readonly Pod[] {
    return [...this.#workers.values()].map(({ worker }) => worker.pod);
  }

  containerId(namespace: string, name: string, container: string, previous: boolean): string | undefined {
    return this.#container(namespace, name, container, previous)?.id;
  }

  sandboxId(namespace: string, name: string): string | undefined {
    return this.#named(namespace, name)?.state.sandboxes.find((sandbox) => sandbox.ready)?.id;
  }

  logPath(namespace: string, name: string, container: string, previous: boolean): string | undefined {
    const found = this.#container(namespace, name, container, previous);
    const worker = this.#named(namespace, name);
    if (!found || !worker) return undefined;
    return `${logDirectoryPath(this.#options.shared.facts(), worker.state.pod)}/${container}/${found.attempt}.log`;
  }

  #container(namespace: string, name: string, container: string, previous: boolean) {
    const all = this.#named(namespace, name)?.state.containers.filter((one) => one.name === container);
    if (!previous) return all?.[0];
    // The newest one itself while it waits to be made anew: what the status calls its last state.
    const { containerStatuses = [], initContainerStatuses = [] } = this.pod(namespace, name)?.status ?? {};
    const status = [...containerStatuses, ...initContainerStatuses].find((one) => one.name === container);
    const last = status?.lastState?.terminated?.containerID;
    return all?.find((one) => last?.endsWith(`//${one.id}`));
  }

  /** Of several with one name the one that is not ending. */
  #named(namespace = "", name = ""): PodWorker | undefined {
    let found: PodWorker | undefined;
    for (const { worker } of this.#workers.values()) {
      const { metadata } = worker.state.pod;
      if (metadata.name !== name || metadata.namespace !== namespace) continue;
      if (!found || worker.state.stage.at === "active") found = worker;
    }
    return found;
  }

  // Workers.

  #begin(pod: Pod, uid: string): void {
    const { shared, random } = this.#options;
    const probes = new PodProbes({
      runtime: shared.runtime,
      probe: shared.probe,
      clock: shared.clock,
      random,
      hostIP: () => shared.facts().hostIPs[0] ?? "",
      event: shared.event,
      send: (input) => worker.send(input),
    });
    const worker: PodWorker = new PodWorker(pod, shared, {
      changed: (state) => {
        probes.changed(state);
        if (state.stage.at === "ended") this.retryResizes();
      },
      gone: () => {
        probes.close();
        this.#gone(uid, worker);
      },
    });
    const entry: Entry = { worker, probes, wanted: pod, granted: undefined, pending: undefined };
    this.#workers.set(uid, entry);
    if (this.#runtime) this.#observe(entry, this.#runtime.get(uid) ?? nothing);
  }

  /** The first that a worker learns of the runtime; a Pod of which there is nothing yet has to pass admission before. */
  async #observe(entry: Entry, found: PodRuntime): Promise<void> {
    const { shared, node } = this.#options;
    const { worker } = entry;
    const { pod } = worker.state;
    const isNew = found.sandboxes.length + found.containers.length === 0 && !pod.status?.startTime &&
      pod.metadata.deletionTimestamp === undefined;
    const refused = isNew
      ? refusal(pod, this.#running(worker), node(), shared.facts().allowedUnsafeSysctls)
      : undefined;
    if (refused) {
      shared.event(pod, undefined, "Warning", refused.reason, refused.message);
      worker.send({ type: "end", why: { type: "failed", ...refused } });
    }
    for (const input of rememberedProbes(pod, found.containers)) worker.send(input);
    await this.#recallResources(entry, found);
    const exited = found.containers.some((container) => container.state === "exited");
    const uid = pod.metadata.uid ?? "";
    const containers = exited
      ? await Promise.all(
        found.containers.map((container) =>
          container.state === "exited" ? withTerminationMessage(container, shared.facts(), uid) : container
        ),
      )
      : found.containers;
    worker.send({ type: "observed", at: shared.clock.now(), sandboxes: found.sandboxes, containers });
  }

  /** What a Pod of which there is something already was granted before this agent came. */
  async #recallResources(entry: Entry, { sandboxes, containers }: PodRuntime): Promise<void> {
    const { worker, wanted } = entry;
    const { shared } = this.#options;
    if (sandboxes.length === 0) {
      entry.granted = resourcesOf(wanted);
      return;
    }
    const notes = await readResizeNotes(shared.facts(), wanted.metadata.uid ?? "");
    const applied = foundResources(wanted, newestFirst(containers), notes);
    worker.send({ type: "applied", applied });
    entry.granted = applied.pod;
    // It may have left meanwhile, and must not come back by this.
    if (!worker.state.absent) this.#grant(entry);
  }

  // Resizes.

  /** Gives the worker its Pod with the resources that the node has for it: those that the spec asks for now, if they fit. */
  #grant(entry: Entry): void {
    const { worker, wanted } = entry;
    const { shared, node } = this.#options;
    const before = entry.granted;
    const generation = wanted.metadata.generation ?? 0;
    if (before && !sameResources(before, resourcesOf(wanted)) && worker.state.stage.at === "active") {
      const reason = tooBig(wanted, this.#running(worker), node());
      if (reason) this.#defer(entry, reason.message, generation);
      else {
        entry.granted = resourcesOf(wanted);
        entry.pending = undefined;
        const message = `Pod resize started: ${resizeSummary(wanted)}`;
        shared.event(wanted, undefined, "Normal", "ResizeStarted", message);
      }
    } else entry.pending = undefined;
    const pod = entry.granted ? withResources(wanted, entry.granted) : wanted;
    const { pending } = entry;
    worker.send({
      type: "desired",
      pod: withKnownStatus(pod, worker),
      ...(pending ? { pendingResize: pending } : {}),
    });
    // Where one has shrunk another may grow.
    if (before && entry.granted !== before) this.retryResizes(entry);
  }

  #defer(entry: Entry, message: string, generation: number): void {
    const { wanted, pending } = entry;
    entry.pending = { reason: "Deferred", message, generation };
    if (pending?.generation === generation) return;
    const text = `Pod resize Deferred: ${resizeSummary(wanted, message)}`;
    this.#options.shared.event(wanted, undefined, "Warning", "ResizeDeferred", text);
  }

  /** There may be room now: a Pod has ended or shrunk, or the node has changed. */
  retryResizes(except?: unknown): void {
    for (const entry of [...this.#workers.values()].sort(byPriority)) {
      if (entry !== except && entry.pending && !entry.worker.state.absent) this.#grant(entry);
    }
  }

  #running(except: PodWorker): Pod[] {
    return [...this.#workers.values()]
      .filter(({ worker }) =>
        worker !== except && worker.state.stage.at !== "ended" && worker.state.stage.at !== "gone"
      )
      .map(({ worker }) => worker.state.pod);
  }

  #gone(uid: string, worker: PodWorker): void {
    const { pod, absent } = worker.state;
    this.#workers.delete(uid);
    if (!absent) this.#left.add(uid);
    for (const [id, owner] of this.#owners) if (owner === uid) this.#owners.delete(id);
    this.#options.shared.status.forget(uid);
    worker.close();
    this.#options.gone(pod);
    this.retryResizes();
    const successor = this.#successors.get(fullName(pod));
    if (!successor) return;
    this.#successors.delete(fullName(pod));
    this.desired(successor);
  }
}

/** The more important one is asked first. */
function byPriority(a: Entry, b: Entry): number {
  return (b.wanted.spec.priority ?? 0) - (a.wanted.spec.priority ?? 0);
}

function fullName(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

function isOfStaticPod({ sandboxes }: PodRuntime): boolean {
  return sandboxes.some(({ annotations }) => isStaticPod({ metadata: { annotations }, spec: { containers: [] } }));
}

/** A file has no status; what was found out since lives on in the worker. */
function withKnownStatus(pod: Pod, worker: PodWorker): Pod {
  const { status } = worker.pod;
  return pod.status || !status ? pod : { ...pod, status };
}

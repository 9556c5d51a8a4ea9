import { getLogger } from "@logtape/logtape";
import { type Clock, systemClock } from "../../api/clock.ts";
import {
  configmaps,
  nodes,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  secrets,
  services,
} from "../../api/resources.ts";
import type { KubeObject, Resource } from "../../api/resource.ts";
import { isNotFound, serviceUnavailable } from "../../api/status.ts";
import type { Pod, Secret } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event_recorder.ts";
import type { InformerFactory } from "../../client/informer_contract.ts";
import type { ContainerRuntime } from "../runtime/contract.ts";
import type { VolumeSources } from "../volumes/contract.ts";
import { probe } from "../probes/probe.ts";
import type { Volumes } from "../volumes/contract.ts";
import { createVolumes } from "../volumes/manager.ts";
import type { PodDirectory } from "./directory.ts";
import { fieldValue, resourceValue } from "./field_values.ts";
import { ImagePuller } from "./image_puller.ts";
import { annotationKeys, isMirrorPod, isStaticPod } from "./labels.ts";
import type { NodeFacts } from "./node_facts.ts";
import { Pods } from "./pod_manager.ts";
import { ReferencedObjects } from "./referenced_objects.ts";
import { watchRuntime } from "./runtime_watch.ts";
import { objectKey, SavedObjects } from "./saved_objects.ts";
import { SavedPods } from "./saved_pods.ts";
import { ServiceAccountTokens } from "./service_account_tokens.ts";
import { containerField, type PodCgroups, type PodEvent, type Shared } from "./shared.ts";
import { StatusWriter } from "./status_writer.ts";

export interface PodsOptions {
  readonly runtime: ContainerRuntime;
  readonly client: Client;
  /** Need not be started yet; this part asks it for the node's Pods, the Node and the Services. */
  readonly informers: InformerFactory;
  readonly events: EventRecorder;
  /** Asked anew at each use: addresses and capacity may change. */
  readonly facts: () => NodeFacts;
  readonly cgroups: PodCgroups;
  /** Where the node's Pods are kept for a start without a server; they are not when absent. */
  readonly savedPods?: string;
  /** Where what they are given besides is kept, for the same; it is not when absent. */
  readonly savedObjects?: string;
  /** Instead of real ones below the facts' `podsRoot`. */
  readonly volumes?: Volumes;
  /** Instead of asking the containers. */
  readonly probe?: Shared["probe"];
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Pulls that run at once, 2 by default. */
  readonly parallelPulls?: number;
  /** Stops the work on Pods, not the Pods. */
  readonly signal: AbortSignal;
}

export interface PodManager {
  readonly directory: PodDirectory;
  /** All static Pods of the node, each time one of them changes; those that are missing are ended. */
  setStaticPods(pods: readonly Pod[]): void;
  /** The mirror Pods of this node in the API, also those whose static Pod is no more. */
  mirrors(): readonly Pod[];
  /** Calls back when a mirror Pod has come, changed or gone. */
  onMirrorChange(changed: () => void): void;
  /** Resolves when all is at rest after the signal has aborted. */
  closed(): Promise<void>;
}

const logger = getLogger(["skiff", "agent", "pods"]);
/** So long an agent waits for its server before it goes on with the Pods it saved. */
const serverWait = 5_000;

/** Runs the Pods that the API assigns to this node, and static ones. Resolves when the runtime's Pods are known and have their workers. */
export async function startPods(options: PodsOptions): Promise<PodManager> {
  const { runtime, client, informers, facts, signal, cgroups } = options;
  const clock = options.clock ?? systemClock();
  const nodeName = facts().nodeName;
  const ofNode = informers.informer(pods, { fieldSelector: `spec.nodeName=${nodeName}` });
  const node = informers.informer(nodes, { fieldSelector: `metadata.name=${nodeName}` });
  const allServices = informers.informer(services);
  const saved = options.savedPods === undefined ? undefined : new SavedPods(options.savedPods, clock);
  const savedObjects = options.savedObjects === undefined
    ? undefined
    : await SavedObjects.open(options.savedObjects, clock);
  const event = podEvents(options.events);
  const tokens = new ServiceAccountTokens(client, clock, signal);
  const objects = new ReferencedObjects({
    client,
    clock,
    signal,
    changed: (uids) => {
      for (const uid of uids) manager.refreshVolumes(uid);
    },
  });
  const shared: Shared = {
    runtime,
    client,
    clock,
    facts,
    cgroups,
    event,
    signal,
    probe: options.probe ?? probe,
    volumes: options.volumes ?? createVolumes({
      podsRoot: facts().podsRoot,
      sources: volumeSources({ client, objects, tokens, facts, signal, clock, saved: savedObjects }),
      released: (uid) => objects.release(uid),
    }),
    images: new ImagePuller({
      runtime,
      clock,
      event,
      secrets: (pod, abort) => pullSecrets(client, pod, abort),
      ...(options.parallelPulls === undefined ? {} : { concurrency: options.parallelPulls }),
    }),
    status: new StatusWriter({ client, clock, signal, apiObject }),
    services: () => {
      // Rather none of a Pod's variables than some of them.
      if (savedObjects && !allServices.synced) throw serviceUnavailable("the cluster's Services are not known yet");
      return allServices.list();
    },
    remembered: (pod, key, fetch) => savedObjects?.through(pod.metadata.uid ?? "", key, fetch) ?? fetch(),
    claim: (id, uid) => manager.claim(id, uid),
  };
  const manager: Pods = new Pods({
    shared,
    node: () => node.get(nodeName),
    random: options.random ?? Math.random,
    gone: (pod) => {
      tokens.release(pod.metadata.uid ?? "");
      savedObjects?.release(pod.metadata.uid ?? "");
    },
  });

  function apiObject(pod: Pod): Pod | "pending" | undefined {
    const object = ofNode.get(`${pod.metadata.namespace}/${pod.metadata.name}`);
    if (isStaticPod(pod)) return mirrorOf(pod, object) ?? "pending";
    if (object?.metadata.uid === pod.metadata.uid) return object;
    return ofNode.synced ? undefined : "pending";
  }

  node.onChange(() => manager.retryResizes());
  const mirrorHandlers: (() => void)[] = [];
  const current = new Map<string, Pod>();
  const keep = () => saved?.changed(() => [...current.values()]);
  ofNode.onChange((change) => {
    const pod = change.object;
    if (isMirrorPod(pod)) {
      if (change.type !== "deleted") {
        for (const own of manager.all()) if (mirrorOf(own, pod)) manager.objectAppeared(own.metadata.uid ?? "");
      }
      const isSame = change.type === "updated" && mirrorKey(change.previous) === mirrorKey(pod);
      if (!isSame) { for (const handler of mirrorHandlers) handler(); }
      return;
    }
    const uid = pod.metadata.uid ?? "";
    // The old one of a name was replaced while the watch was away.
    if (change.type === "updated" && change.previous.metadata.uid !== uid) {
      current.delete(change.previous.metadata.uid ?? "");
      manager.absent(change.previous);
    }
    if (change.type === "deleted") {
      current.delete(uid);
      manager.absent(pod);
    } else {
      current.set(uid, pod);
      manager.desired(pod);
      if (change.type === "added") manager.objectAppeared(uid);
    }
    keep();
  });

  const firstList = Promise.withResolvers<void>();
  const watching = watchRuntime({
    runtime,
    clock,
    signal,
    listed: (all, at) => {
      manager.listed(all, at).then(firstList.resolve, firstList.reject);
    },
    event: (told) => void manager.runtimeEvent(told),
  });
  signal.addEventListener("abort", () => firstList.reject(signal.reason), { once: true });
  firstList.promise.catch(() => {});
  const settled = settle();
  settled.catch(() => {});
  await firstList.promise;

  /** Waits for the server, or does without it; once it has spoken what it does not know of is removed. */
  async function settle(): Promise<void> {
    const offline = clock.after(serverWait, async () => {
      for (const pod of await saved?.load() ?? []) {
        if (ofNode.synced || signal.aborted) break;
        logger.info("the server does not answer; going on with Pod {pod} as it was last known", {
          pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
        });
        current.set(pod.metadata.uid ?? "", pod);
        manager.desired(pod);
      }
    });
    try {
      await ofNode.whenSynced(signal);
    } finally {
      offline();
    }
    for (const [uid, pod] of current) {
      if (ofNode.get(`${pod.metadata.namespace}/${pod.metadata.name}`)?.metadata.uid === uid) continue;
      current.delete(uid);
      manager.absent(pod);
    }
    savedObjects?.retain(new Set(current.keys()));
    await firstList.promise;
    await manager.sweep();
  }

  let fromFiles: readonly Pod[] = [];
  signal.addEventListener("abort", () => manager.close(), { once: true });
  return {
    directory: manager,
    setStaticPods(wanted) {
      const uids = new Set(wanted.map((pod) => pod.metadata.uid));
      const gone = fromFiles.filter((pod) => !uids.has(pod.metadata.uid));
      fromFiles = wanted;
      for (const pod of gone) manager.absent(pod);
      for (const pod of wanted) manager.desired(pod);
      manager.staticPodsKnown();
    },
    mirrors: () => ofNode.list().filter(isMirrorPod),
    onMirrorChange: (changed) => void mirrorHandlers.push(changed),
    async closed() {
      await Promise.allSettled([watching, settled, saved?.close(), savedObjects?.close()]);
    },
  };
}

function mirrorOf(pod: Pod, object: Pod | undefined): Pod | undefined {
  const hash = pod.metadata.annotations?.[annotationKeys.configHash];
  return hash !== undefined && object?.metadata.annotations?.[annotationKeys.configMirror] === hash &&
      object.metadata.name === pod.metadata.name && object.metadata.namespace === pod.metadata.namespace
    ? object
    : undefined;
}

/** What decides whether a mirror still is the right one. */
function mirrorKey({ metadata }: Pod): string {
  return `${metadata.uid} ${metadata.annotations?.[annotationKeys.configMirror]} ${metadata.deletionTimestamp ?? ""}`;
}

function podEvents(recorder: EventRecorder): PodEvent {
  return (pod, container, type, reason, message) => {
    const { namespace = "", name = "", uid = "", resourceVersion } = pod.metadata;
    recorder.event(
      {
        kind: "Pod",
        apiVersion: "v1",
        namespace,
        name,
        uid,
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(container === undefined ? {} : { fieldPath: containerField(pod, { name: container }) }),
      },
      type,
      reason,
      message,
    );
  };
}

/** So long a server is waited for where there is something to fall back on. */
const shortPatience = 2_000;
/** A token that may have ended is asked for again after so long. */
const oldTokenMilliseconds = 60_000;

interface SourceParts {
  readonly client: Client;
  readonly objects: ReferencedObjects;
  readonly tokens: ServiceAccountTokens;
  readonly facts: () => NodeFacts;
  readonly signal: AbortSignal;
  readonly saved: SavedObjects | undefined;
  readonly clock: Clock;
}

function volumeSources({ client, objects, tokens, facts, signal, saved, clock }: SourceParts): VolumeSources {
  const remembered = <T>(pod: Pod, key: string, fetch: () => Promise<T>) =>
    saved?.through(pod.metadata.uid ?? "", key, fetch) ?? fetch();
  const watched = <T extends KubeObject>(resource: Resource<T>) => (pod: Pod, name: string) => {
    const { namespace = "", uid = "" } = pod.metadata;
    const key = objectKey(resource, name);
    const patience = saved?.has(uid, key) ? shortPatience : undefined;
    return remembered(pod, key, () => objects.get(resource, namespace, name, uid, patience));
  };
  const fieldSources = (pod: Pod) => ({
    hostIPs: facts().hostIPs,
    podIPs: pod.status?.podIPs?.map(({ ip }) => ip) ?? [],
    allocatable: facts().allocatable,
  });
  /** A token of an earlier time opens nothing where no server answers, but its Pod starts; the server gives a new one as soon as it is back. */
  const token: VolumeSources["token"] = async (pod, need) => {
    if (saved === undefined) return await tokens.get(pod, need);
    let isOld = true;
    const key = `token ${need.audience ?? ""} ${need.expirationSeconds}`;
    const attempt = async () => {
      const got = await tokens.get(pod, need);
      isOld = false;
      return got;
    };
    const found = await saved.through(pod.metadata.uid ?? "", key, attempt, { once: true });
    return isOld ? { ...found, refreshAt: clock.now() + oldTokenMilliseconds } : found;
  };
  return {
    configMap: watched(configmaps),
    secret: watched(secrets),
    claim: (pod, name) =>
      remembered(
        pod,
        objectKey(persistentvolumeclaims, name),
        () =>
          orUndefined(
            client.get(persistentvolumeclaims, { namespace: pod.metadata.namespace ?? "", name }, { signal }),
          ),
      ),
    persistentVolume: (name) => orUndefined(client.get(persistentvolumes, { name }, { signal })),
    token,
    field: (pod, path) => fieldValue(pod, path, fieldSources(pod)),
    resource: (pod, selector) => resourceValue(pod, selector.containerName ?? "", selector, fieldSources(pod)),
  };
}

async function pullSecrets(client: Client, pod: Pod, signal: AbortSignal): Promise<Secret[]> {
  const namespace = pod.metadata.namespace ?? "";
  const found = await Promise.all(
    (pod.spec.imagePullSecrets ?? []).map(({ name = "" }) =>
      orUndefined(client.get(secrets, { namespace, name }, { signal }))
    ),
  );
  return found.filter((secret) => secret !== undefined);
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { controllerReference } from "../../api/meta/owner.ts";
import { nodes, pods } from "../../api/resources.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../../api/status.ts";
import type { Node, Pod } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import { WorkQueue } from "../../client/work_queue.ts";
import { annotationKeys, isMirrorPod } from "../pods/labels.ts";

export interface MirrorPodsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The Node that owns them; there are no mirror Pods before it exists. */
  readonly node: () => Node | undefined;
  /** The mirror Pods that the API has of this node, as far as known. */
  readonly present: () => readonly Pod[];
}

const logger = getLogger(["skiff", "agent", "static-pods"]);

/** Keeps a copy of each static Pod in the API, so that users see it there: made anew when it is deleted, replaced when the file changes, removed with it. */
export class MirrorPods {
  readonly #options: MirrorPodsOptions;
  readonly #queue: WorkQueue;
  #wanted = new Map<string, Pod>();
  readonly closed: Promise<void>;

  constructor(options: MirrorPodsOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock, { base: 200, max: 30_000 });
    options.signal.addEventListener("abort", () => this.#queue.close(), { once: true });
    this.closed = this.#work();
  }

  set(wanted: readonly Pod[]): void {
    const before = this.#wanted;
    this.#wanted = new Map(wanted.map((pod) => [fullName(pod), pod]));
    for (const name of new Set([...before.keys(), ...this.#wanted.keys()])) this.#queue.add(name);
  }

  /** Looks at all of them again, and at those of files that went while the agent was away. */
  check(): void {
    for (const name of [...this.#wanted.keys(), ...this.#options.present().map(fullName)]) this.#queue.add(name);
  }

  async #work(): Promise<void> {
    for (let name = await this.#queue.take(); name !== undefined; name = await this.#queue.take()) {
      try {
        await this.#reconcile(name);
        this.#queue.forget(name);
      } catch (error) {
        if (this.#options.signal.aborted) return;
        const delay = this.#queue.retry(name);
        logger.warn(
          "the mirror of static Pod {name} could not be brought up to date ({error}); next try in {delay} ms",
          {
            name,
            error: (error as Error).message,
            delay,
          },
        );
      } finally {
        this.#queue.done(name);
      }
    }
  }

  async #reconcile(fullName: string): Promise<void> {
    const { client, signal, node } = this.#options;
    const [namespace = "", name = ""] = fullName.split("/");
    const wanted = this.#wanted.get(fullName);
    const found = await client.get(pods, { namespace, name }, { signal }).catch((error) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (found && !isMirrorPod(found)) {
      if (wanted) logger.warn("static Pod {fullName} is hidden by a Pod of that name in the API", { fullName });
      return;
    }
    const hash = wanted?.metadata.annotations?.[annotationKeys.configHash];
    if (found && found.metadata.annotations?.[annotationKeys.configMirror] !== hash) await this.#delete(found);
    else if (found && found.metadata.deletionTimestamp === undefined) return;
    else if (found) await this.#delete(found);
    const owner = node();
    if (!wanted || !owner) return;
    try {
      await client.create(pods, mirrorOf(wanted, owner), { signal });
    } catch (error) {
      // The old one is not gone yet: its end leads here again.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  async #delete(mirror: Pod): Promise<void> {
    const { client, signal } = this.#options;
    const { namespace = "", name = "", uid = "" } = mirror.metadata;
    try {
      await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid }, signal });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

function mirrorOf(pod: Pod, node: Node): Pod {
  const { uid: _, annotations = {}, ...metadata } = pod.metadata;
  return {
    ...pod,
    metadata: {
      ...metadata,
      annotations: { ...annotations, [annotationKeys.configMirror]: annotations[annotationKeys.configHash] ?? "" },
      ownerReferences: [withoutBlocking(node)],
    },
  };
}

/** The Node may go without waiting for its mirrors. */
function withoutBlocking(node: Node) {
  const { blockOwnerDeletion: _, ...reference } = controllerReference(node, nodes);
  return reference;
}

function fullName(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

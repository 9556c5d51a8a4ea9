import type { KubeObject, Resource } from "../../../api/resource.ts";
import { namespaces, pods } from "../../../api/resources.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import { isNotFound, StatusError } from "../../../api/status.ts";
import type { Namespace } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { type Remaining, withConditions } from "./conditions.ts";
import { namespacedResources } from "./namespaced_resources.ts";
import { Vigils, type Watched } from "./vigil.ts";

const finalizer = "kubernetes";
/** How soon to look again after something has gone: several things go at once. */
const settleMilliseconds = 20;
/** Looked at again so often though nothing was seen to go: a watch may be lost. */
const recheckMilliseconds = 15_000;
/** Objects of one resource that are looked at for their finalizers; the count beyond is known all the same. */
const sampleSize = 100;

interface Left extends Remaining {
  readonly watched: readonly Watched[];
}

/**
 * Empties a namespace that is being deleted and lets it go: the Pods first, so that none of them misses what it uses, then all the rest. `rows` are
 * the served resources.
 */
export function namespaceController(context: ControllerContext, rows: () => readonly ResourceRow[]): Controller {
  return new NamespaceController(context, rows);
}

class NamespaceController implements Controller {
  readonly name = "namespace";
  readonly concurrency = 5;
  readonly #context: ControllerContext;
  readonly #rows: () => readonly ResourceRow[];
  readonly #namespaces: Informer<Namespace>;
  readonly #vigils: Vigils;
  #enqueue: (key: string, afterMilliseconds?: number) => void = () => {};

  constructor(context: ControllerContext, rows: () => readonly ResourceRow[]) {
    this.#context = context;
    this.#rows = rows;
    this.#namespaces = context.informers.informer(namespaces);
    this.#vigils = new Vigils(context.client, context.signal);
  }

  setup(enqueue: (key: string, afterMilliseconds?: number) => void): void {
    this.#enqueue = enqueue;
    this.#namespaces.onChange(({ type, object }) => {
      const { name = "" } = object.metadata;
      if (type === "deleted") this.#vigils.end(name);
      else if (isTerminating(object)) enqueue(name);
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const { client, clock } = this.#context;
    const seen = this.#namespaces.get(key);
    if (seen === undefined || !isTerminating(seen)) return DONE;
    const namespace = await client.get(namespaces, { name: key }, { signal }).catch(unlessNotFound);
    if (namespace === undefined || !isTerminating(namespace) || !hasFinalizer(namespace)) return DONE;
    const remaining = await this.#empty(key, signal);
    const told = withConditions(namespace, remaining, clock.now());
    const current = told === namespace
      ? namespace
      : await client.update(namespaces, told, { subresource: "status", signal }).catch(unlessNotFound);
    this.#vigils.start(key, remaining.watched, () => this.#enqueue(key, settleMilliseconds));
    if (remaining.failures.length > 0) return { outcome: "retry", reason: remaining.failures.join("; ") };
    if (remaining.counts.size > 0) return { outcome: "retryAfter", milliseconds: recheckMilliseconds };
    if (current !== undefined) await this.#finalize(current, signal);
    return DONE;
  }

  async #empty(namespace: string, signal: AbortSignal): Promise<Left> {
    const all = namespacedResources(this.#rows());
    const podsLeft = await this.#deleteAll([pods], namespace, signal);
    if (podsLeft.counts.size > 0 || podsLeft.failures.length > 0) return podsLeft;
    return await this.#deleteAll(all.filter(({ resource }) => resource !== pods.resource), namespace, signal);
  }

  async #deleteAll(
    resources: readonly Resource<KubeObject>[],
    namespace: string,
    signal: AbortSignal,
  ): Promise<Left> {
    const counts = new Map<Resource<KubeObject>, number>();
    const finalizers = new Map<string, number>();
    const failures: string[] = [];
    const watched: Watched[] = [];
    for (const resource of resources) {
      try {
        const left = await this.#delete(resource, namespace, signal);
        if (left.count === 0) continue;
        counts.set(resource, left.count);
        watched.push({ resource, resourceVersion: left.resourceVersion });
        for (const name of left.finalizers) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
      } catch (error) {
        signal.throwIfAborted();
        // A resource that is not served any more has nothing to delete.
        if (isNotFound(error)) continue;
        failures.push(`${resource.resource}: ${(error as Error).message}`);
      }
    }
    return { counts, finalizers, failures, watched };
  }

  async #delete(
    resource: Resource<KubeObject>,
    namespace: string,
    signal: AbortSignal,
  ): Promise<{ count: number; finalizers: string[]; resourceVersion: string }> {
    const { client } = this.#context;
    const sample = { namespace, limit: sampleSize, signal };
    const first = await client.list(resource, { ...sample, limit: 1 });
    if (first.items.length === 0) return { count: 0, finalizers: [], resourceVersion: "" };
    await this.#deleteCollection(resource, namespace, signal);
    const { items, metadata } = await client.list(resource, sample);
    const finalizers = items.flatMap((object) => object.metadata.finalizers ?? []);
    const { remainingItemCount = 0, resourceVersion = "" } = metadata;
    return { count: items.length + remainingItemCount, finalizers, resourceVersion };
  }

  async #deleteCollection(resource: Resource<KubeObject>, namespace: string, signal: AbortSignal): Promise<void> {
    const { client } = this.#context;
    const options = { signal, propagationPolicy: "Background" } as const;
    try {
      await client.deleteCollection(resource, { namespace, ...options });
    } catch (error) {
      if (!(error instanceof StatusError && error.code === 405)) throw error;
      const { items } = await client.list(resource, { namespace, signal });
      for (const { metadata: { name = "" } } of items) {
        await client.delete(resource, { namespace, name }, options).catch(unlessNotFound);
      }
    }
  }

  async #finalize(namespace: Namespace, signal: AbortSignal): Promise<void> {
    const finalizers = (namespace.spec.finalizers ?? []).filter((name) => name !== finalizer);
    const { finalizers: _, ...rest } = namespace.spec;
    const spec = finalizers.length === 0 ? rest : { ...rest, finalizers };
    const next = { ...namespace, spec };
    await this.#context.client.update(namespaces, next, { subresource: "finalize", signal }).catch(unlessNotFound);
  }
}

function isTerminating({ metadata }: Namespace): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function hasFinalizer({ spec }: Namespace): boolean {
  return spec?.finalizers?.includes(finalizer) ?? false;
}

function unlessNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}

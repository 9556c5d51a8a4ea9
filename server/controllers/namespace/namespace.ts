import type { KubeObject, Resource } from "../../../api/resource.ts";
import { namespaces, pods } from "../../../api/resources.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import { isNotFound, StatusError } from "../../../api/status.ts";
import type { Namespace } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { collectable, namespaced } from "../shared/all_resources.ts";
import { type Remaining, withConditions } from "./conditions.ts";

const finalizer = "kubernetes";
/** How soon to look again after something has gone: several things go at once. */
const settleMilliseconds = 20;
/** Looked at again so often though nothing was seen to go: some kinds have no informer. */
const recheckMilliseconds = 15_000;
/** Objects of one resource that are looked at for their finalizers; the count beyond is known all the same. */
const sampleSize = 100;

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

  constructor(context: ControllerContext, rows: () => readonly ResourceRow[]) {
    this.#context = context;
    this.#rows = rows;
    this.#namespaces = context.informers.informer(namespaces);
  }

  setup(enqueue: (key: string, afterMilliseconds?: number) => void): void {
    this.#namespaces.onChange(({ type, object }) => {
      if (type !== "deleted" && isTerminating(object)) enqueue(object.metadata.name ?? "");
    });
    // The garbage collector has informers of all these too: they are shared.
    for (const resource of collectable(this.#rows())) {
      if (!resource.namespaced) continue;
      this.#context.informers.informer(resource).onChange(({ type, object }) => {
        if (type !== "deleted") return;
        const namespace = this.#namespaces.get(object.metadata.namespace ?? "");
        if (namespace !== undefined && isTerminating(namespace)) {
          enqueue(namespace.metadata.name ?? "", settleMilliseconds);
        }
      });
    }
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
    if (remaining.failures.length > 0) return { outcome: "retry", reason: remaining.failures.join("; ") };
    if (remaining.counts.size > 0) return { outcome: "retryAfter", milliseconds: recheckMilliseconds };
    if (current !== undefined) await this.#finalize(current, signal);
    return DONE;
  }

  async #empty(namespace: string, signal: AbortSignal): Promise<Remaining> {
    const all = namespaced(this.#rows());
    const podsLeft = await this.#deleteAll([pods], namespace, signal);
    if (podsLeft.counts.size > 0 || podsLeft.failures.length > 0) return podsLeft;
    return await this.#deleteAll(all.filter(({ resource }) => resource !== pods.resource), namespace, signal);
  }

  async #deleteAll(
    resources: readonly Resource<KubeObject>[],
    namespace: string,
    signal: AbortSignal,
  ): Promise<Remaining> {
    const counts = new Map<Resource<KubeObject>, number>();
    const finalizers = new Map<string, number>();
    const failures: string[] = [];
    for (const resource of resources) {
      try {
        const left = await this.#delete(resource, namespace, signal);
        if (left.count > 0) counts.set(resource, left.count);
        for (const name of left.finalizers) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
      } catch (error) {
        signal.throwIfAborted();
        // A resource that is not served any more has nothing to delete.
        if (isNotFound(error)) continue;
        failures.push(`${resource.resource}: ${(error as Error).message}`);
      }
    }
    return { counts, finalizers, failures };
  }

  async #delete(
    resource: Resource<KubeObject>,
    namespace: string,
    signal: AbortSignal,
  ): Promise<{ count: number; finalizers: string[] }> {
    const { client } = this.#context;
    const sample = { namespace, limit: sampleSize, signal };
    if ((await client.list(resource, { ...sample, limit: 1 })).items.length === 0) return { count: 0, finalizers: [] };
    await this.#deleteCollection(resource, namespace, signal);
    const { items, metadata } = await client.list(resource, sample);
    const finalizers = items.flatMap((object) => object.metadata.finalizers ?? []);
    return { count: items.length + (metadata.remainingItemCount ?? 0), finalizers };
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

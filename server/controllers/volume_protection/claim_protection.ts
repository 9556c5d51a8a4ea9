import { keyOf, splitKey } from "../../../api/resource.ts";
import { persistentvolumeclaims, pods } from "../../../api/resources.ts";
import type { PersistentVolumeClaim, Pod } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { protectionFinalizers } from "../../apiserver/admission/storage_protection.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { protect } from "./protect.ts";

/** Keeps claims that are to be deleted until no Pod uses them any more. */
export function claimProtectionController(context: ControllerContext): Controller {
  return new ClaimProtection(context);
}

class ClaimProtection implements Controller {
  readonly name = "pvc-protection";
  readonly concurrency = 2;
  readonly #context: ControllerContext;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #pods: Informer<Pod>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#claims = context.informers.informer(persistentvolumeclaims);
    this.#pods = context.informers.informer(pods);
  }

  setup(enqueue: (key: string) => void): void {
    this.#claims.onChange(({ type, object }) => {
      if (type !== "deleted") enqueue(keyOf(object));
    });
    this.#pods.onChange(({ type, object }) => {
      if (type === "deleted" || !isUsing(object)) { for (const key of claimsOf(object)) enqueue(key); }
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const claim = this.#claims.get(key);
    if (claim === undefined) return DONE;
    const isUsed = () => this.#isUsed(key, signal);
    const finalizer = protectionFinalizers["/persistentvolumeclaims"];
    await protect(this.#context.client, persistentvolumeclaims, claim, finalizer, isUsed, signal);
    return DONE;
  }

  /** Asks the API, not the informer: a Pod that was just made must not lose its claim. */
  async #isUsed(key: string, signal: AbortSignal): Promise<boolean> {
    const { items } = await this.#context.client.list(pods, { namespace: splitKey(key).namespace, signal });
    return items.some((pod) => isUsing(pod) && claimsOf(pod).includes(key));
  }
}

/** A Pod without a node has mounted nothing, and none will let it start with a claim that is to go; one that its node is done with mounts nothing any more. */
function isUsing({ metadata, spec }: Pod): boolean {
  const isOver = metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
  return Boolean(spec.nodeName) && !isOver;
}

/** Keys of the claims that a Pod names, and of those that are made for its ephemeral volumes. */
function claimsOf({ metadata: { namespace = "", name: pod = "" }, spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return `${namespace}/${persistentVolumeClaim.claimName}`;
    return ephemeral ? `${namespace}/${pod}-${name}` : [];
  });
}

import { keyOf } from "../../../api/resource.ts";
import { persistentvolumeclaims, persistentvolumes, volumeattributesclasses } from "../../../api/resources.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../../../api/types/core_v1.ts";
import type { VolumeAttributesClass } from "../../../api/types/storage_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { protectionFinalizers } from "../../apiserver/admission/storage_protection.ts";
import { attributeClasses } from "../../quota/claims.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { protect } from "./protect.ts";

/** Keeps VolumeAttributesClasses that are to be deleted while a claim or a volume names them. */
export function attributesClassProtectionController(context: ControllerContext): Controller {
  return new AttributesClassProtection(context);
}

class AttributesClassProtection implements Controller {
  readonly name = "vac-protection";
  readonly concurrency = 1;
  readonly #context: ControllerContext;
  readonly #classes: Informer<VolumeAttributesClass>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#classes = context.informers.informer(volumeattributesclasses);
    this.#claims = context.informers.informer(persistentvolumeclaims);
    this.#volumes = context.informers.informer(persistentvolumes);
  }

  setup(enqueue: (key: string) => void): void {
    this.#classes.onChange(({ type, object }) => {
      if (type !== "deleted") enqueue(keyOf(object));
    });
    // What a claim or volume named before it changed may be free now.
    this.#claims.onChange((change) => {
      if (change.type !== "added") { for (const name of attributeClasses(before(change))) enqueue(name); }
    });
    this.#volumes.onChange((change) => {
      const { volumeAttributesClassName } = change.type === "added" ? {} : before(change).spec ?? {};
      if (volumeAttributesClassName) enqueue(volumeAttributesClassName);
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const found = this.#classes.get(key);
    if (found === undefined) return DONE;
    const finalizer = protectionFinalizers["storage.k8s.io/volumeattributesclasses"];
    const isUsed = () => Promise.resolve(this.#isUsed(key));
    await protect(this.#context.client, volumeattributesclasses, found, finalizer, isUsed, signal);
    return DONE;
  }

  #isUsed(name: string): boolean {
    return this.#claims.list().some((claim) => attributeClasses(claim).includes(name)) ||
      this.#volumes.list().some(({ spec }) => spec?.volumeAttributesClassName === name);
  }
}

function before<T>(
  change: { readonly type: "updated"; readonly previous: T } | { readonly type: "deleted"; readonly object: T },
): T {
  return change.type === "updated" ? change.previous : change.object;
}

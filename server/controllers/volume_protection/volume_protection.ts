import { keyOf } from "../../../api/resource.ts";
import { persistentvolumes } from "../../../api/resources.ts";
import type { PersistentVolume } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { protectionFinalizers } from "../../apiserver/admission/storage_protection.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { protect } from "./protect.ts";

/** Keeps volumes that are to be deleted while they are bound to a claim. */
export function volumeProtectionController(context: ControllerContext): Controller {
  return new VolumeProtection(context);
}

class VolumeProtection implements Controller {
  readonly name = "pv-protection";
  readonly concurrency = 2;
  readonly #context: ControllerContext;
  readonly #volumes: Informer<PersistentVolume>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#volumes = context.informers.informer(persistentvolumes);
  }

  setup(enqueue: (key: string) => void): void {
    this.#volumes.onChange(({ type, object }) => {
      if (type !== "deleted") enqueue(keyOf(object));
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const volume = this.#volumes.get(key);
    if (volume === undefined) return DONE;
    const isUsed = () => Promise.resolve(volume.status?.phase === "Bound");
    const finalizer = protectionFinalizers["/persistentvolumes"];
    await protect(this.#context.client, persistentvolumes, volume, finalizer, isUsed, signal);
    return DONE;
  }
}

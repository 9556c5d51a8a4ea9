import type { KubeObject } from "../../../../api/resource.ts";
import type { DeleteOptions } from "../../contract.ts";
import { remove } from "../delete.ts";
import { cloneJson } from "../clone.ts";
import { admitAction } from "./admit.ts";
import { success } from "./binding.ts";
import type { Creator } from "./creator.ts";

interface Eviction extends KubeObject {
  deleteOptions?: Partial<DeleteOptions>;
}

/** A deletion that asks politely; PodDisruptionBudgets are not asked yet. */
export const evictPod: Creator = async (shelf, context, request) => {
  const eviction = cloneJson(request.object as Eviction);
  await admitAction(shelf, context, request, eviction);
  const { metadata, deleteOptions = {} } = eviction;
  const { gracePeriodSeconds, propagationPolicy, preconditions } = deleteOptions;
  await remove(shelf, context, {
    namespace: request.namespace,
    name: request.name ?? metadata.name ?? "",
    options: {
      dryRun: request.options.dryRun,
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
      ...(preconditions === undefined ? {} : { preconditions }),
    },
  });
  return success(request);
};

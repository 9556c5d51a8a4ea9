import { setCondition } from "../../../../api/meta/conditions.ts";
import type { KubeObject } from "../../../../api/resource.ts";
import { poddisruptionbudgets } from "../../../../api/resources.ts";
import {
  badRequest,
  conflict,
  forbidden,
  internal,
  isConflict,
  notFound,
  StatusError,
  tooManyRequests,
} from "../../../../api/status.ts";
import type { Pod, PodCondition } from "../../../../api/types/core_v1.ts";
import type { PodDisruptionBudget } from "../../../../api/types/policy_v1.ts";
import { covers } from "../../../disruption/budget.ts";
import { judgeEviction, processing } from "../../../disruption/eviction.ts";
import { storageOf } from "../../cache/layout.ts";
import type { DeleteOptions, Entry, RequestContext } from "../../contract.ts";
import { deleteOptions, type GivenDeleteOptions } from "../../delete_options.ts";
import { commitSwap } from "../commit.ts";
import { remove } from "../delete.ts";
import { requireDeletable } from "../preconditions.ts";
import type { Shelf } from "../system.ts";
import { admitAction } from "./admit.ts";
import { success } from "./binding.ts";
import type { Creator } from "./creator.ts";

interface Eviction extends KubeObject {
  deleteOptions?: GivenDeleteOptions;
}

/** Others write Pods and budgets all the time; who loses so often is told to try again. */
const attempts = 20;

/** A deletion that asks the Pod's disruption budget first. */
export const evictPod: Creator = async (shelf, context, request) => {
  const eviction = request.object as Eviction;
  const name = request.name ?? eviction.metadata.name ?? "";
  await admitAction(shelf, context, request, eviction, () => {
    if (eviction.metadata.name === name) return;
    throw badRequest("name in URL does not match name in Eviction object");
  });
  const options = optionsOf(eviction, request.options.dryRun);
  for (let attempt = 1;; attempt++) {
    try {
      await evict(shelf, context, request.namespace, name, options);
      return success();
    } catch (error) {
      // Somebody wrote the Pod or its budget meanwhile. A client that demands a version of the Pod hears of it.
      if (!isConflict(error) || options.preconditions?.resourceVersion || attempt === attempts) throw error;
    }
  }
};

function optionsOf({ deleteOptions: given = {} }: Eviction, dryRun: boolean): DeleteOptions {
  const { dryRun: asked = [] } = given;
  if (dryRun && asked.length > 0 && asked.join() !== "All") {
    throw badRequest(`Non-matching dry-run options in request and content: [All] and [${asked.join(" ")}]`);
  }
  const options = deleteOptions(given);
  return { ...options, dryRun: dryRun || options.dryRun };
}

/** Rejects with a conflict when the Pod or the budget changed under way. */
async function evict(
  shelf: Shelf,
  context: RequestContext,
  namespace: string,
  name: string,
  options: DeleteOptions,
): Promise<void> {
  const found = shelf.cache.get(namespace, name);
  if (found === undefined) throw notFound(shelf.row, name);
  const pod = found.object as Pod;
  const target = { shelf, context, namespace, name, options };
  const phase = pod.status?.phase;
  const isOver = phase === "Succeeded" || phase === "Failed" || pod.metadata.deletionTimestamp !== undefined;
  if (isOver) return await deletePod(target);
  // What has not started yet disrupts nothing when it goes, unless it becomes ready just now.
  if (phase === "Pending") return await deletePod(target, found);
  const budgets = [...shelf.system.lookup.all(poddisruptionbudgets, namespace)].filter((each) => covers(each, pod));
  const [budget, ...others] = budgets;
  if (others.length > 0) {
    throw internal("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
  }
  if (budget === undefined) return await deletePod(target);
  if (await charge(shelf, pod, budget, options.dryRun) === "charged") return await deletePod(target);
  await deletePod(target, found).catch((error) => {
    const demanded = options.preconditions?.resourceVersion;
    throw isConflict(error) && !demanded ? violation(processing(budget.metadata.name ?? ""), 10) : error;
  });
}

async function charge(
  { system: { datastore, cache, clock } }: Shelf,
  pod: Pod,
  budget: PodDisruptionBudget,
  dryRun: boolean,
): Promise<"charged" | "unhealthy"> {
  const name = budget.metadata.name ?? "";
  const said = judgeEviction(pod, budget, clock.now());
  if (said.verdict === "unhealthy") return said.verdict;
  if (said.verdict === "later") throw violation(said.message, said.retryAfterSeconds);
  if (said.verdict === "broken") {
    throw forbidden({ group: "policy", resource: "poddisruptionbudget" }, name, said.message);
  }
  if (dryRun) return said.verdict;
  const store = cache.resource(storageOf(poddisruptionbudgets));
  if (!await commitSwap(datastore, store, [{ ...budget, status: said.status } as PodDisruptionBudget])) {
    throw conflict(poddisruptionbudgets, name);
  }
  return said.verdict;
}

function violation(message: string, retryAfterSeconds: number): StatusError {
  const text = "Cannot evict pod as it would violate the pod's disruption budget.";
  const { status } = tooManyRequests(text, retryAfterSeconds);
  const causes = [{ reason: "DisruptionBudget", message }];
  return new StatusError({ ...status, details: { ...status.details, causes } });
}

interface Target {
  readonly shelf: Shelf;
  readonly context: RequestContext;
  readonly namespace: string;
  readonly name: string;
  readonly options: DeleteOptions;
}

/** Tells in the Pod's status why it goes, and deletes it; only if it is still as `exactly`, where that is given. */
async function deletePod(target: Target, exactly?: Entry): Promise<void> {
  const { shelf, context, namespace, name, options } = target;
  const exact = exactly !== undefined || Boolean(options.preconditions?.resourceVersion);
  for (let attempt = 1;; attempt++) {
    const current = shelf.cache.get(namespace, name);
    if (current === undefined) throw notFound(shelf.row, name);
    if (exactly !== undefined && current.revision !== exactly.revision) throw conflict(shelf.row, name);
    requireDeletable(shelf, current, options.preconditions);
    if (options.dryRun || await mark(shelf, current.object as Pod)) break;
    if (exact || attempt === attempts) throw conflict(shelf.row, name);
  }
  if (options.dryRun || !exact) return void await remove(shelf, context, { namespace, name, options });
  // The mark made another version of it.
  const resourceVersion = String(shelf.cache.get(namespace, name)?.revision ?? "");
  const preconditions = { ...options.preconditions, resourceVersion };
  await remove(shelf, context, { namespace, name, options: { ...options, preconditions } });
}

/** False when the Pod has changed meanwhile. */
async function mark({ system: { datastore, clock }, cache }: Shelf, pod: Pod): Promise<boolean> {
  const before = pod.status?.conditions ?? [];
  const target: PodCondition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
  };
  const conditions = setCondition(before, target, clock.now());
  if (conditions === before) return true;
  const marked: Pod = { ...pod, status: { ...pod.status, conditions } };
  return await commitSwap(datastore, cache, [marked]);
}

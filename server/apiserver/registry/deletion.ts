import { formatTime, parseTime } from "../../../api/meta/time.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { DeleteOptions } from "../contract.ts";
import type { Shelf } from "./system.ts";

const foreground = "foregroundDeletion";
const orphan = "orphan";

/** What a request to delete comes to. */
export type Deletion =
  /** The object goes now; it is shown as `object`, as it was if absent. */
  | { readonly outcome: "remove"; readonly object?: KubeObject }
  /** It lives on, as `object` says. */
  | { readonly outcome: "mark"; readonly object: KubeObject }
  /** It was marked before, and this request changes nothing. */
  | { readonly outcome: "unchanged" };

/** Pure. `now` in milliseconds; `old` is frozen, the marked object is a copy. */
export function planDeletion(shelf: Shelf, old: KubeObject, options: DeleteOptions, now: number): Deletion {
  const { strategy } = shelf;
  // An end that is set stands, until someone names an earlier one.
  if (options.gracePeriodSeconds === undefined && (old.metadata.deletionGracePeriodSeconds ?? 0) > 0) {
    return { outcome: "unchanged" };
  }
  const grace = strategy.gracePeriodSeconds?.(old, options.gracePeriodSeconds) ?? 0;
  const finalizers = finalizersFor(shelf, old, options);
  const holds = finalizers.length > 0 || (strategy.holdsBack?.(old) ?? false);
  const seconds = shortened(old, grace);
  const isRemoved = seconds === 0 && !holds;
  if (isRemoved && !strategy.gracePeriodSeconds) return { outcome: "remove" };
  const marked = mark(shelf, old, seconds, finalizers, now);
  // Of what could have had time to end it is told that it had none.
  if (isRemoved) return { outcome: "remove", ...marked && { object: marked } };
  return marked === undefined ? { outcome: "unchanged" } : { outcome: "mark", object: marked };
}

/** A second request may shorten the first one's grace period, never extend it. */
function shortened({ metadata }: KubeObject, grace: number): number {
  if (metadata.deletionTimestamp === undefined) return grace;
  return Math.min(grace, metadata.deletionGracePeriodSeconds ?? 0);
}

function mark(
  { strategy }: Shelf,
  old: KubeObject,
  seconds: number,
  finalizers: readonly string[],
  now: number,
): KubeObject | undefined {
  const before = old.metadata;
  const wasMarked = before.deletionTimestamp !== undefined;
  const sameFinalizers = finalizers.length === (before.finalizers?.length ?? 0) &&
    finalizers.every((finalizer) => before.finalizers!.includes(finalizer));
  if (wasMarked && seconds === (before.deletionGracePeriodSeconds ?? 0) && sameFinalizers) return undefined;
  const metadata = { ...before };
  // The end of the grace period moves by what was taken off, from where the first request put it.
  const start = wasMarked
    ? parseTime(before.deletionTimestamp!) - (before.deletionGracePeriodSeconds ?? 0) * 1000
    : now;
  metadata.deletionTimestamp = formatTime(start + seconds * 1000);
  metadata.deletionGracePeriodSeconds = seconds;
  if (finalizers.length > 0) metadata.finalizers = [...finalizers];
  else delete metadata.finalizers;
  if (!wasMarked && metadata.generation !== undefined) metadata.generation++;
  const object: KubeObject = { ...old, metadata };
  if (!wasMarked) strategy.prepareForDeletion?.(object);
  return object;
}

/** The garbage collector's finalizers follow the propagation policy; the object's own ones stay. */
function finalizersFor({ strategy }: Shelf, { metadata }: KubeObject, options: DeleteOptions): string[] {
  const present = metadata.finalizers ?? [];
  const own = present.filter((finalizer) => finalizer !== foreground && finalizer !== orphan);
  const policy = options.propagationPolicy;
  // What an earlier request decided stands, until another one decides otherwise.
  if (policy === undefined && own.length < present.length) return [...present];
  if (policy === "Foreground") return [...own, foreground];
  const orphans = policy === "Orphan" || (policy === undefined && strategy.dependents === "orphan");
  return orphans ? [...own, orphan] : own;
}

/** Whether nothing keeps a marked object any more, so that it goes with the write that says so. */
export function isReleased({ strategy }: Shelf, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0 &&
    !(strategy.holdsBack?.(object) ?? false);
}

import { formatMicroTime } from "../api/meta/time.ts";
import type { Lease, LeaseSpec } from "../api/types/coordination_v1.ts";

/** A lease as a candidate has seen it, and when it saw it change last by its own clock: the times in a lease are its holder's. */
export interface LeaseView {
  readonly lease: Lease | undefined;
  readonly changedAt: number;
}

/** The view after another look at the lease, in which any write by anyone counts as a change. */
export function observe(view: LeaseView | undefined, lease: Lease | undefined, now: number): LeaseView {
  const same = view !== undefined && view.lease?.metadata.resourceVersion === lease?.metadata.resourceVersion;
  return same ? view : { lease, changedAt: now };
}

/**
 * What to write to hold the lease for `duration` more milliseconds; undefined while another holds it. It is free when it does not exist,
 * nobody's, or was seen unchanged for as long as it says it lasts.
 */
export function decide(view: LeaseView, identity: string, duration: number, now: number): LeaseSpec | undefined {
  const old = view.lease?.spec;
  const holder = old?.holderIdentity ?? "";
  const lasts = (old?.leaseDurationSeconds ?? 0) * 1000;
  if (holder !== "" && holder !== identity && now - view.changedAt < lasts) return undefined;
  const time = formatMicroTime(now);
  const renewing = holder === identity;
  return {
    ...old,
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(duration / 1000),
    acquireTime: renewing ? old?.acquireTime ?? time : time,
    renewTime: time,
    leaseTransitions: (old?.leaseTransitions ?? 0) + (renewing || old === undefined ? 0 : 1),
  };
}

import { type Int, number } from "../etcd/descriptor.ts";
import { type Face, header } from "./face.ts";
import { keyBytes } from "./keys.ts";
import type { Answer, LeaseGrantRequest, LeaseRequest, LeaseResponse } from "./messages.ts";

export async function grantLease({ leases }: Face, request: LeaseGrantRequest): Promise<LeaseResponse> {
  const { id, ttl, revision } = await leases.grant(String(request.id), number(request.ttl));
  return { header: header(revision), id, ttl };
}

export async function revokeLease({ leases }: Face, { id }: { readonly id: Int }): Promise<Answer> {
  return { header: header(await leases.revoke(String(id))) };
}

/** A lease that is not there has 0 seconds. */
export async function keepLeaseAlive({ datastore, leases }: Face, request: LeaseRequest): Promise<LeaseResponse> {
  const id = String(request.id);
  return { header: header(await datastore.revision()), id, ttl: leases.keepAlive(id) };
}

/** A lease that is not there has -1 seconds. */
export async function leaseTimeToLive({ datastore, leases }: Face, request: LeaseRequest): Promise<LeaseResponse> {
  const answer = { header: header(await datastore.revision()), id: String(request.id) };
  const time = leases.timeToLive(answer.id);
  if (!time) return { ...answer, ttl: -1 };
  const keys = request.keys ? { keys: time.keys.map(keyBytes) } : {};
  return { ...answer, ttl: time.left, grantedTtl: time.granted, ...keys };
}

export async function listLeases({ datastore, leases }: Face): Promise<Answer & { leases: { id: string }[] }> {
  return { header: header(await datastore.revision()), leases: leases.ids().map((id) => ({ id })) };
}

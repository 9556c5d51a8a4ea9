import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { pause } from "../../client/pause.ts";
import type { EtcdMembers } from "../../datastore/etcd/members.ts";
import { type MemberReport, reportMembers, withMember } from "./care.ts";
import type { EtcdAccess } from "./member_file.ts";

const logger = getLogger(["skiff", "etcd"]);
const EVERY = 3_600_000;
/** A member does not answer while it works; a gigabyte takes some ten seconds on a slow disk. */
const TIMEOUT = 300_000;
/** Below so much free space, in bytes, the disk is not worth the interruption; nor where less than half of the file is free. */
const LEAST_FREE = 64 * 1024 * 1024;

/** Whether a member's file has so much free space that it should be given back to the disk. */
export function isWorthIt(
  { bytes, bytesInUse }: { readonly bytes: number; readonly bytesInUse: number },
  leastFree = LEAST_FREE,
): boolean {
  const free = bytes - bytesInUse;
  return free >= leastFree && free > bytes / 2;
}

/**
 * Whom to defragment, in order: the leader last, for writes wait for it. Nobody while a member does not answer: with another one away, writes could stop for a
 * cluster of three.
 */
export function planDefragmentation(members: readonly MemberReport[], leastFree?: number): readonly MemberReport[] {
  if (members.some((member) => "problem" in member || member.isLearner)) return [];
  const due = members.filter((member) => "bytes" in member && isWorthIt(member, leastFree));
  return due.toSorted((a, b) => Number(a.isLeader) - Number(b.isLeader));
}

type Plan = (members: readonly MemberReport[]) => readonly MemberReport[];

/** Defragments members one after the other, each only when all answer again. Answers their names. */
export async function defragment(
  access: EtcdAccess,
  members: EtcdMembers,
  plan: Plan = planDefragmentation,
): Promise<readonly string[]> {
  const done: string[] = [];
  for (;;) {
    const next = plan(await reportMembers(access, members)).find(({ name }) => !done.includes(name));
    if (next === undefined) return done;
    await withMember(access, next, (own) => own.defragment(), TIMEOUT);
    done.push(next.name);
    logger.info("defragmented etcd's member {name}", { name: next.name });
  }
}

/** Looks every hour whether there is something to defragment, until the signal aborts. For the one server of a cluster that leads. */
export async function keepDefragmented(
  access: EtcdAccess,
  members: EtcdMembers,
  clock: Clock,
  signal: AbortSignal,
  plan?: Plan,
): Promise<void> {
  while (!signal.aborted) {
    await pause(clock, EVERY, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      await defragment(access, members, plan);
    } catch (error) {
      logger.warn("etcd could not be defragmented, next attempt in an hour: {error}", {
        error: (error as Error).message,
      });
    }
  }
}

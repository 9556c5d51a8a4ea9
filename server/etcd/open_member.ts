import type { Clock } from "../../api/clock.ts";
import { ignoreNotFound } from "../../host/daemon.ts";
import { exists } from "../cluster/exists.ts";
import type { Joining } from "../cluster/join.ts";
import { type RunningMember, startMember, tellAddress, untilLed } from "./member.ts";
import { type MemberFile, peerUrlOf, writeMemberFile } from "./member_file.ts";
import type { EtcdPaths } from "./paths.ts";
import type { EtcdPlan } from "./plan.ts";
import { endEtcd } from "./supervise.ts";
import { setAside, takeOver } from "./take_over.ts";

export interface OpenMemberOptions {
  readonly plan: Exclude<EtcdPlan, { kind: "none" }>;
  readonly paths: EtcdPaths;
  readonly dataDir: string;
  /** As it was found. */
  readonly file: MemberFile | undefined;
  /** This server among others: the name of a new member begins with it. */
  readonly serverName: string;
  readonly place: Pick<MemberFile, "address" | "clientPort" | "peerPort">;
  /** The cluster that is joined. */
  readonly joining?: Joining;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Brings this server's etcd up as the plan says, so far that it can be read and written. Whatever interrupts it, the next start goes on from there. */
export async function openMember(options: OpenMemberOptions): Promise<RunningMember> {
  const { plan, place } = options;
  const name = options.file?.name ?? `${options.serverName}-${crypto.getRandomValues(new Uint8Array(4)).toHex()}`;
  const known = { state: "member", initialCluster: "", ...options.file, name, ...place } as const;
  switch (plan.kind) {
    case "run":
      return await up(options, known, (member) => tellAddress(member, known));
    case "found": {
      const file = { ...known, initialCluster: `${name}=${peerUrlOf(place)}` };
      return await found(options, { ...file, state: plan.migrates ? "migrating" : "founding" });
    }
    case "join":
      return await join(options, { ...known, state: "joining" });
  }
}

async function found(options: OpenMemberOptions, file: MemberFile): Promise<RunningMember> {
  const { paths, dataDir } = options;
  // A move that was interrupted starts over: etcd's revisions only go up. Its etcd may have outlived Skiff, and would go on with files that are gone.
  if (file.state === "migrating") {
    await endEtcd(paths);
    await Deno.remove(paths.data, { recursive: true }).catch(ignoreNotFound);
  }
  await writeMemberFile(paths, file);
  return await up(options, file, async (member) => {
    if (file.state === "migrating") {
      await takeOver(paths, member, dataDir);
      await setAside(paths);
    }
    await writeMemberFile(paths, { ...file, state: "member" });
  });
}

async function join(options: OpenMemberOptions, file: MemberFile): Promise<RunningMember> {
  const { paths, joining } = options;
  const self = { name: file.name, peerUrl: peerUrlOf(file) };
  // One that has started before is a member already. It may even vote, and be what the others wait for: they could not answer.
  const hasStarted = file.initialCluster !== "" && await exists(paths.data);
  const added = hasStarted ? file : { ...file, initialCluster: (await joining!.addMember(self)).initialCluster };
  await writeMemberFile(paths, added);
  return await up(options, added, async () => {
    await joining!.promote(self);
    await writeMemberFile(paths, { ...added, state: "member" });
  });
}

/** Starts it, waits for a leader, and does the rest; ends it again when any of that fails. */
async function up(
  { paths, clock, signal }: OpenMemberOptions,
  file: MemberFile,
  rest: (member: RunningMember) => Promise<void>,
): Promise<RunningMember> {
  const member = await startMember({ paths, file, clock });
  try {
    await untilLed(member, clock, signal);
    await rest(member);
    return member;
  } catch (error) {
    await member.close();
    throw error;
  }
}

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { pause } from "../../client/pause.ts";
import { type EtcdMembers, openEtcdMembers } from "../../datastore/etcd/members.ts";
import { etcdArguments } from "./arguments.ts";
import { findEtcdBinary } from "./binary.ts";
import { openEtcdCertificates } from "./certificates.ts";
import { type EtcdAccess, etcdAccess, type MemberFile, peerUrlOf } from "./member_file.ts";
import type { EtcdPaths } from "./paths.ts";
import { type SupervisedEtcd, superviseEtcd } from "./supervise.ts";

/** The etcd of this server, running. */
export interface RunningMember extends EtcdAccess {
  readonly name: string;
  readonly process: SupervisedEtcd;
  readonly members: EtcdMembers;
  /** Makes those anew that end soon; etcd takes them with its next connections. */
  renewCertificates(): Promise<void>;
  close(): Promise<void>;
}

export interface StartMemberOptions {
  readonly paths: EtcdPaths;
  readonly file: MemberFile;
  readonly clock: Clock;
  /** Makes it the only member of its cluster. */
  readonly forceNew?: boolean;
}

const logger = getLogger(["skiff", "etcd"]);
const PING_MILLISECONDS = 1_000;
const LOOK_EVERY = 250;
const TELL_EVERY = 10_000;

/** Starts or adopts the member of a data directory. Resolves when the process answers; {@linkcode untilLed} waits for a majority. */
export async function startMember(
  { paths, file, clock, forceNew = false }: StartMemberOptions,
): Promise<RunningMember> {
  const { name, address } = file;
  const binary = await findEtcdBinary();
  const renewCertificates = () => openEtcdCertificates(paths, { name, address, clock });
  await renewCertificates();
  const access = etcdAccess(paths, file);
  const options = { endpoints: [access.endpoint], ...access.tls };
  const members = await openEtcdMembers(options);
  const pinging = await openEtcdMembers({ ...options, timeout: PING_MILLISECONDS });
  try {
    const process = await superviseEtcd({
      binary,
      args: etcdArguments(file, paths, forceNew),
      paths,
      clock,
      ping: () => pinging.status(),
    });
    return {
      ...access,
      name,
      process,
      members,
      renewCertificates,
      async close() {
        members.close();
        pinging.close();
        await process.stop();
      },
    };
  } catch (error) {
    members.close();
    pinging.close();
    throw error;
  }
}

/** Resolves when the member knows a leader: until then others of the cluster may still be starting. Rejects when etcd ends, or with the signal's reason. */
export async function untilLed(member: RunningMember, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let told = clock.now();;) {
    const status = await member.members.status().catch(() => undefined);
    if (status?.hasLeader) return;
    signal.throwIfAborted();
    await member.process.checkAlive();
    if (clock.now() - told >= TELL_EVERY) {
      told = clock.now();
      logger.warn("etcd has no leader: {advice}", {
        advice: await member.process.advice() ??
          "it waits for a majority of its members. Start the others or, if they are lost for good: skiff server --cluster-reset",
      });
    }
    await pause(clock, LOOK_EVERY, signal);
  }
}

/** Tells the others where this member is now: its address, or its port, may be another one than at its last start. */
export async function tellAddress({ members }: RunningMember, file: MemberFile): Promise<void> {
  const own = (await members.list()).find(({ name }) => name === file.name);
  const url = peerUrlOf(file);
  if (own === undefined || own.peerUrls.includes(url)) return;
  logger.info("this member's address is now {url}", { url });
  await members.update(own.id, url);
}

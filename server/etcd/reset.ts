import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { openDatastore } from "../../datastore/open.ts";
import { lockDataDir } from "../cluster/data_dir_lock.ts";
import { ClusterError } from "../cluster/error.ts";
import { type RunningMember, startMember, untilLed } from "./member.ts";
import { type MemberFile, peerUrlOf, readMemberFile, writeMemberFile } from "./member_file.ts";
import { type EtcdPaths, etcdPaths } from "./paths.ts";

export interface ResetOptions {
  readonly dataDir: string;
  /** Where the member is to be found from now on. */
  readonly place: Pick<MemberFile, "address" | "clientPort" | "peerPort">;
  /** The snapshot to go back to; the state is kept when absent. */
  readonly snapshot?: () => Promise<ReadableStream<Uint8Array>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const logger = getLogger(["skiff", "etcd"]);

/**
 * Makes this server's member the only one of its cluster, for when the others are lost for good, and stops it again. With a snapshot a new etcd is filled from it, and the old
 * one's data stay under another name, which is answered. No server may run on the data directory.
 */
export async function resetCluster(options: ResetOptions): Promise<{ readonly replaced: string | undefined }> {
  const paths = etcdPaths(options.dataDir);
  const file = await readMemberFile(paths);
  if (file === undefined) {
    throw new ClusterError("invalidArgument", `${options.dataDir} has no etcd member: there is nothing to reset`);
  }
  if (file.state !== "member" && options.snapshot === undefined) {
    throw new ClusterError(
      "invalidArgument",
      `the member of ${options.dataDir} is still ${file.state}: reset one that was a full member, or give a snapshot with --cluster-reset-restore-path`,
    );
  }
  const { snapshot } = options;
  const lock = await lockDataDir(options.dataDir);
  try {
    return snapshot === undefined
      ? await keepState(paths, file, options)
      : await goBack(paths, file, { ...options, snapshot });
  } finally {
    lock.release();
  }
}

async function keepState(paths: EtcdPaths, file: MemberFile, { place, clock, signal }: ResetOptions) {
  const alone: MemberFile = { ...file, ...place, initialCluster: `${file.name}=${peerUrlOf(place)}` };
  await withMember(alone, { paths, clock, signal, forceNew: true }, async ({ members }) => {
    const all = await members.list();
    const own = all.find(({ name }) => name === file.name);
    if (all.length !== 1 || own === undefined) {
      throw new ClusterError("etcd", `etcd still has ${all.length} members after the reset (see ${paths.log})`);
    }
    if (!own.peerUrls.includes(peerUrlOf(place))) await members.update(own.id, peerUrlOf(place));
  });
  await writeMemberFile(paths, alone);
  return { replaced: undefined };
}

async function goBack(
  paths: EtcdPaths,
  { name }: MemberFile,
  { dataDir, place, snapshot, clock, signal }: ResetOptions & Required<Pick<ResetOptions, "snapshot">>,
) {
  // A name of its own: members that come back must not take it for the one that they knew.
  const fresh: MemberFile = {
    ...place,
    state: "founding",
    name: `${name.replace(/-[0-9a-f]{8}$/, "")}-${crypto.getRandomValues(new Uint8Array(4)).toHex()}`,
    initialCluster: "",
  };
  const founder = { ...fresh, initialCluster: `${fresh.name}=${peerUrlOf(place)}` };
  // Read before anything is moved: it may not be there, or damaged.
  const content = await snapshot();
  const replaced = `${paths.data}.replaced-${clock.now()}`;
  await Deno.rename(paths.data, replaced).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  try {
    await withMember(founder, { paths, clock, signal, forceNew: false }, async ({ endpoint, tls }) => {
      const store = await openDatastore({ dataDir, endpoint, tls });
      try {
        const { keys, revision } = await store.restore(content);
        logger.info("restored {keys} keys at revision {revision}", { keys, revision });
      } finally {
        await store.close();
      }
    });
  } catch (error) {
    await Deno.remove(paths.data, { recursive: true }).catch(() => {});
    await Deno.rename(replaced, paths.data).catch(() => {});
    throw error;
  }
  await writeMemberFile(paths, { ...founder, state: "member" });
  return { replaced };
}

async function withMember(
  file: MemberFile,
  { paths, clock, signal, forceNew }: {
    readonly paths: EtcdPaths;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly forceNew: boolean;
  },
  use: (member: RunningMember) => Promise<void>,
): Promise<void> {
  const member = await startMember({ paths, file, clock, forceNew });
  try {
    await untilLed(member, clock, signal);
    await use(member);
  } finally {
    await member.close();
  }
}

import { resolve } from "node:path";
import type { Command } from "commander";
import { Option } from "commander";
import type { ServerOptions } from "../server/options.ts";
import { checkSchedule } from "../server/snapshots/schedule.ts";
import { UserError } from "./error.ts";
import { type S3Flags, s3Settings, withS3Flags } from "./s3_flags.ts";

/** The flags of `skiff server` that say how its datastore is cared for; those that begin with `etcd` are k3s's names of the same. */
export interface DatastoreCareFlags extends S3Flags {
  readonly diskWriteBudget: string;
  readonly snapshotScheduleCron?: string;
  readonly snapshotRetention: string;
  readonly snapshotDir?: string;
  readonly disableSnapshots: boolean;
  readonly etcdSnapshotScheduleCron?: string;
  readonly etcdSnapshotRetention?: string;
  readonly etcdSnapshotDir?: string;
  readonly etcdDisableSnapshots?: boolean;
}

const DEFAULT_CRON = "0 */12 * * *";
const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1e3, M: 1e6, G: 1e9 };

export function withDatastoreCareFlags(command: Command): Command {
  const group = "Datastore:";
  const shown = [
    new Option(
      "--disk-write-budget <bytes>",
      "bytes a day within which Lease renewals and Events wait in memory; 0: nothing waits",
    ).default("50MB"),
    new Option(
      "--snapshot-schedule-cron <schedule>",
      `when to take snapshots ("${DEFAULT_CRON}" for SQLite, else never)`,
    ),
    new Option("--snapshot-retention <count>", "how many scheduled snapshots to keep").default("5"),
    new Option("--snapshot-dir <dir>", "where snapshots lie (server/db/snapshots in the data directory)"),
    new Option("--disable-snapshots", "take none by schedule").default(false),
  ];
  for (const option of shown) command.addOption(option.helpGroup(group));
  for (
    const flags of [
      "--etcd-snapshot-schedule-cron <schedule>",
      "--etcd-snapshot-retention <count>",
      "--etcd-snapshot-dir <dir>",
      "--etcd-disable-snapshots",
    ]
  ) command.addOption(new Option(flags).hideHelp());
  return withS3Flags(command, group);
}

/** Settings of these flags. Throws a UserError that names the flag, its value and what it takes. */
export async function datastoreCare(
  flags: DatastoreCareFlags,
  { node, workingDirectory, endpoint }: {
    readonly node: string;
    readonly workingDirectory: string;
    readonly endpoint: string | undefined;
  },
): Promise<Pick<ServerOptions, "diskWriteBudget" | "snapshots">> {
  const diskWriteBudget = byteCount("--disk-write-budget", flags.diskWriteBudget);
  if (flags.disableSnapshots || flags.etcdDisableSnapshots) return { diskWriteBudget };
  const given = flags.snapshotScheduleCron ?? flags.etcdSnapshotScheduleCron;
  const isFile = endpoint === undefined || endpoint.startsWith("sqlite://");
  if (given === undefined && !isFile) return { diskWriteBudget };
  const cron = given ?? DEFAULT_CRON;
  try {
    checkSchedule(cron);
  } catch (error) {
    throw new UserError(`--snapshot-schedule-cron: ${(error as Error).message}`, { cause: error });
  }
  const s3 = await s3Settings(flags, workingDirectory);
  const directory = flags.snapshotDir ?? flags.etcdSnapshotDir;
  return {
    diskWriteBudget,
    snapshots: {
      cron,
      keep: retention(flags.etcdSnapshotRetention ?? flags.snapshotRetention),
      node,
      ...directory !== undefined && { directory: resolve(workingDirectory, directory) },
      ...s3 && { s3 },
    },
  };
}

function retention(value: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(value)) {
    throw new UserError(`--snapshot-retention ${JSON.stringify(value)} is not a number from 1 on`);
  }
  return Number(value);
}

/** `50MB`, `1.5GB` or plain bytes. */
function byteCount(flag: string, value: string): number {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)\s*([KMG]?)B?$/i.exec(value);
  if (!match) throw new UserError(`${flag} ${JSON.stringify(value)} is no number of bytes such as 50MB, or 0`);
  return Math.round(Number(match[1]) * UNITS[match[2]!.toUpperCase()]!);
}

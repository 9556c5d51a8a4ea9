import { join, resolve } from "node:path";
import { openSqlite } from "../datastore/sqlite/open.ts";
import { encryptionFile } from "../server/encryption/encryption.ts";
import { S3Bucket } from "../server/snapshots/s3_bucket.ts";
import { readSnapshot } from "../server/snapshots/snapshot_file.ts";
import { restoreFile } from "../server/snapshots/restore.ts";
import { defaultSnapshotDirectory, SnapshotDirectory } from "../server/snapshots/snapshot_directory.ts";
import { UserError } from "./error.ts";
import { readHost } from "./host.ts";
import { type S3Flags, s3Settings } from "./s3_flags.ts";
import { type OutputFlags, print } from "./output.ts";
import { isFile, open, withSnapshots } from "./store_access.ts";
import { storeFile, type StoreFlags, storeOptions } from "./store_flags.ts";

export interface SnapshotFlags extends StoreFlags, S3Flags {
  readonly snapshotDir?: string;
  readonly dir?: string;
}

export interface SaveFlags extends SnapshotFlags {
  readonly name: string;
  readonly nodeName?: string;
}

export interface RestoreFlags extends SnapshotFlags {
  readonly replace: boolean;
}

export interface PruneFlags extends SnapshotFlags {
  readonly snapshotRetention: string;
}

function directoryOf({ snapshotDir, dir, dataDir }: SnapshotFlags): SnapshotDirectory {
  const path = snapshotDir ?? dir;
  return new SnapshotDirectory(path === undefined ? defaultSnapshotDirectory(resolve(dataDir)) : resolve(path));
}

export async function save(flags: SaveFlags): Promise<void> {
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/i.test(flags.name)) {
    throw new UserError(`--name ${JSON.stringify(flags.name)} may have letters, digits, "-" and "." only`);
  }
  const node = (flags.nodeName ?? (await readHost()).name).toLowerCase();
  const { path, revision, keys, bytes } = await withSnapshots(
    await storeOptions(flags),
    (take) => directoryOf(flags).save(take, { node, time: Date.now(), prefix: flags.name }),
  );
  console.log(`saved ${path}: revision ${revision}, ${keys} keys, ${bytes} bytes`);
  const encryption = encryptionFile(resolve(flags.dataDir));
  if (await isFile(encryption)) {
    console.log(
      `note: its Secrets are encrypted, and their keys are not in it: keep ${encryption} as well, at another place`,
    );
  }
  using bucket = await bucketOf(flags);
  await bucket?.upload(path);
  if (bucket) console.log(`sent it to the bucket ${bucket.name}`);
}

async function bucketOf(flags: SnapshotFlags): Promise<S3Bucket | undefined> {
  const options = await s3Settings(flags, Deno.cwd());
  return options && new S3Bucket(options);
}

export async function list(flags: SnapshotFlags & OutputFlags): Promise<void> {
  using bucket = await bucketOf(flags);
  const directory = directoryOf(flags);
  const found = (await (bucket ?? directory).list()).map(({ name, time, bytes }) => ({
    name,
    taken: new Date(time).toISOString().replace(".000", ""),
    bytes,
  }));
  await print(
    flags,
    found,
    ["NAME", "TAKEN", "BYTES"],
    ({ name, taken, bytes }) => [name, taken, `${bytes}`],
    `no snapshots in ${bucket ? `the bucket ${bucket.name}` : directory.path}`,
  );
}

export async function restore(name: string, flags: RestoreFlags): Promise<void> {
  using bucket = await bucketOf(flags);
  if (!bucket) return await restoreFrom(await pathOf(name, flags), flags);
  const folder = await Deno.makeTempDir({ prefix: "skiff-snapshot-" });
  try {
    await restoreFrom(await bucket.download(name, folder), flags);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function restoreFrom(path: string, flags: RestoreFlags): Promise<void> {
  const options = await storeOptions(flags);
  const file = storeFile(options);
  const read = () => readSnapshot(path);
  if (file === undefined && flags.datastoreEndpoint === undefined) {
    throw new UserError(
      `${options.dataDir} has an etcd member, which goes back to a snapshot with: ` +
        `skiff server --cluster-reset --cluster-reset-restore-path ${path} and the flags that the server runs with`,
    );
  }
  if (file === undefined) {
    const store = await open(options);
    try {
      const { revision, keys } = await store.restore(await read());
      console.log(`restored ${path}: revision ${revision}, ${keys} keys`);
    } finally {
      await store.close();
    }
    return;
  }
  const { revision, keys, replaced } = await restoreFile(file, read, {
    open: (path) => openSqlite({ path }),
    replace: flags.replace,
    time: Date.now(),
  });
  console.log(`restored ${path} to ${file}: revision ${revision}, ${keys} keys`);
  if (replaced !== undefined) console.log(`what was there is now ${replaced}`);
  const tls = join(options.dataDir, "server", "tls");
  if (options.endpoint !== undefined || await Deno.stat(tls).then(() => true, () => false)) return;
  console.log(
    `note: keys and certificates are not part of a snapshot. Copy server/tls of the old data directory to ${tls} before the start, ` +
      "or kubeconfigs and tokens of before will not be valid any more; and server/cred/encryption-config.json, where it has one, " +
      "or its Secrets cannot be read",
  );
}

/** A path as it is given, or the name of a snapshot in the directory. */
async function pathOf(name: string, flags: SnapshotFlags): Promise<string> {
  if (await isFile(name)) return resolve(name);
  const directory = directoryOf(flags);
  const inside = directory.pathOf(name);
  if (!name.includes("/") && await isFile(inside)) return inside;
  throw new UserError(
    `there is no snapshot ${name}${name.includes("/") ? "" : `, neither here nor in ${directory.path}`}; ` +
      "skiff snapshot list shows what there is",
  );
}

export async function prune(flags: PruneFlags): Promise<void> {
  if (!/^[1-9][0-9]{0,5}$/.test(flags.snapshotRetention)) {
    throw new UserError(`--snapshot-retention ${JSON.stringify(flags.snapshotRetention)} is not a number from 1 on`);
  }
  using bucket = await bucketOf(flags);
  const removed = await (bucket ?? directoryOf(flags)).prune(Number(flags.snapshotRetention));
  for (const name of removed) console.log(`removed ${name}`);
  if (removed.length === 0) console.log("nothing to remove");
}

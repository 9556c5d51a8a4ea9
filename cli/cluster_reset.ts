import { resolve } from "node:path";
import { systemClock } from "../api/clock.ts";
import { installHttp2Guard } from "../client/http2_guard.ts";
import { resetCluster } from "../server/etcd/reset.ts";
import type { ServerOptions } from "../server/options.ts";
import { defaultSnapshotDirectory, SnapshotDirectory } from "../server/snapshots/snapshot_directory.ts";
import { readSnapshot } from "../server/snapshots/snapshot_file.ts";
import { UserError } from "./error.ts";
import { isFile } from "./store_access.ts";
import { stopSignal } from "./stop_signal.ts";

/** `skiff server --cluster-reset`: quorum was lost for good. Ends with what is to be done next. */
export async function reset(options: ServerOptions, restorePath: string | undefined): Promise<void> {
  installHttp2Guard();
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort(new UserError("the reset was interrupted: run it again")));
  const { dataDir, advertiseAddress: address, cluster } = options;
  const path = restorePath === undefined ? undefined : await snapshotFile(options, restorePath);
  const { replaced } = await resetCluster({
    dataDir,
    place: { address, clientPort: cluster?.clientPort ?? 2379, peerPort: cluster?.peerPort ?? 2380 },
    ...path !== undefined && { snapshot: () => readSnapshot(path) },
    clock: systemClock(),
    signal: stop.signal,
  });
  const lines = [
    `This server's etcd is now the only member of its cluster${path === undefined ? "" : `, as of ${path}`}.`,
    ...replaced === undefined ? [] : [`What it held before is in ${replaced}.`],
    "Next:",
    "  1. start this server again, without --cluster-reset",
    "  2. on each other server of the cluster: stop it, remove server/db/etcd in its data directory, and start it with --server and --token",
  ];
  console.log(lines.join("\n"));
}

/** A file, or the name of a snapshot in the server's directory of them. */
async function snapshotFile({ dataDir, snapshots }: ServerOptions, text: string): Promise<string> {
  const path = resolve(text);
  if (await isFile(path)) return path;
  const directory = new SnapshotDirectory(snapshots?.directory ?? defaultSnapshotDirectory(dataDir));
  const named = `${directory.path}/${text}`;
  if (!text.includes("/") && await isFile(named)) return named;
  throw new UserError(
    `--cluster-reset-restore-path ${text}: there is no such file, nor a snapshot of that name in ${directory.path}`,
  );
}

import { DatastoreError } from "../../datastore/contract.ts";
import type { SnapshotDirectory } from "./snapshot_directory.ts";

/** An error that says that the store is damaged, with the newest snapshot and the command that restores it; any other error as it is. `store` are the flags that name it. */
export async function withAdvice(error: unknown, directory: SnapshotDirectory, store: string): Promise<unknown> {
  if (!(error instanceof DatastoreError) || error.reason !== "corrupt") return error;
  const [newest] = await directory.list().catch(() => []);
  const advice = newest
    ? `the newest snapshot is from ${new Date(newest.time).toISOString()}; restore it with: ` +
      `skiff snapshot restore ${store} --replace ${directory.pathOf(newest.name)}`
    : `there is no snapshot in ${directory.path}; restore one from elsewhere with: ` +
      `skiff snapshot restore ${store} --replace FILE`;
  return new DatastoreError(error.reason, `${error.message}; ${advice}`, { cause: error });
}

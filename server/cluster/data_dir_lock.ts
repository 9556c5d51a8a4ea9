import { join } from "node:path";
import { ClusterError } from "./error.ts";

/**
 * Keeps a second server off a data directory whose datastore is not in it, and so does not keep it off itself. The kernel releases the lock when the process ends,
 * however it ends. Rejects with a ClusterError when another process has it.
 */
export async function lockDataDir(dataDir: string): Promise<{ release(): void }> {
  const path = join(dataDir, "server", "skiff.lock");
  await Deno.mkdir(join(dataDir, "server"), { recursive: true, mode: 0o700 });
  const file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
  if (file.tryLockSync(true)) return { release: () => file.close() };
  file.close();
  throw new ClusterError(
    "invalidArgument",
    `another server runs with ${dataDir} (it holds ${path}): stop it, or give this one a data directory of its own`,
  );
}

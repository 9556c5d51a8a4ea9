import { UserError } from "../error.ts";
import { cleanUpCluster } from "../uninstall/clean_up.ts";
import type { Installation } from "../uninstall/installation.ts";
import { stopService } from "../uninstall/service.ts";

/** Stops an installation's service and, unless they are kept, its containers with all that they have on the machine. Its data stay. */
export async function stop(installation: Installation, { keepPods }: { readonly keepPods: boolean }): Promise<void> {
  for (const record of installation.journal) if (record.kind === "service") await stopService(record);
  if (!keepPods) await cleanUpCluster(dataDirOf(installation));
}

export function dataDirOf({ name, journal }: Installation): string {
  const record = journal.findLast((each) => each.kind === "cluster");
  if (!record) throw new UserError(`the journal of ${name} names no data directory; install it again`);
  return record.dataDir;
}

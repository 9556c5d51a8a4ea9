import { resolve } from "node:path";
import type { WriteReport } from "../datastore/budget/budgeted_datastore.ts";
import { WRITES_PATH } from "../server/snapshots/maintenance_routes.ts";
import { migrate } from "../server/snapshots/migrate.ts";
import { UserError } from "./error.ts";
import { askServerJson } from "./running_server.ts";
import { open, openExisting } from "./store_access.ts";
import { type StoreFlags, storeOptions } from "./store_flags.ts";
import { describeWrites } from "./write_report.ts";

export interface WhyFlags {
  readonly dataDir: string;
  readonly kubeconfig?: string;
  readonly json: boolean;
}

export interface MigrateFlags extends Omit<StoreFlags, "datastoreEndpoint"> {
  readonly from: string;
  readonly to: string;
}

export async function why(
  { dataDir, kubeconfig, json }: WhyFlags,
): Promise<void> {
  const report = await askServerJson(resolve(dataDir), { path: WRITES_PATH, kubeconfig });
  console.log(json ? JSON.stringify(report) : describeWrites(report as WriteReport));
}

export async function copy(flags: MigrateFlags): Promise<void> {
  if (flags.from === flags.to) throw new UserError("--from and --to name the same datastore");
  for (const [flag, value] of [["--from", flags.from], ["--to", flags.to]]) {
    if (value === "memory://") {
      throw new UserError(`${flag} memory:// ends with the process: name a datastore that lasts`);
    }
  }
  const from = await openExisting(await storeOptions(flags, flags.from));
  try {
    const to = await open(await storeOptions(flags, flags.to));
    try {
      const { revision, keys, sha256, versionsDiffer } = await migrate(from, to);
      console.log(`copied and compared ${keys} keys at revision ${revision}, SHA-256 ${sha256}`);
      if (versionsDiffer) console.log("The numbers of changes of some keys differ, which Kubernetes does not use.");
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

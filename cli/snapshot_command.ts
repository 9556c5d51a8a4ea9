import { Command } from "commander";
import { setUpCommandLogging } from "./logging.ts";
import type { PruneFlags, RestoreFlags, SaveFlags, SnapshotFlags } from "./snapshot_actions.ts";
import { type OutputFlags, outputOption } from "./output.ts";
import { withS3Flags } from "./s3_flags.ts";
import { withSnapshotDirectory, withStoreFlags } from "./store_flags.ts";
import { forUser } from "./user_errors.ts";

/** `skiff snapshot`: copies of the datastore, and the way back. `etcd-snapshot` is what k3s calls it. */
export function snapshotCommand(): Command {
  const command = new Command("snapshot").alias("etcd-snapshot").description(
    "save, list, restore and prune snapshots of the datastore, of whatever kind it is",
  );
  command.addCommand(
    common("save", "take a snapshot, also while the server runs")
      .option("--name <prefix>", "how its name begins", "skiff-snapshot")
      .option("--node-name <name>", "the name's second part (the host's name)")
      .action((flags: SaveFlags) => run((actions) => actions.save(flags))),
  );
  command.addCommand(
    common("list", "show the snapshots, newest first").alias("ls").addOption(outputOption()).action((
      flags: SnapshotFlags & OutputFlags,
    ) => run((actions) => actions.list(flags))),
  );
  command.addCommand(
    common("restore", "fill a new datastore from a snapshot; the server must be stopped")
      .argument("<snapshot>", "a file, or the name of one in the snapshots' directory")
      .option(
        "--replace",
        "keep the datastore that is there under another name, and put the restored one in its place",
        false,
      )
      .action((name: string, flags: RestoreFlags) => run((actions) => actions.restore(name, flags))),
  );
  command.addCommand(
    common("prune", "remove all but the newest snapshots of each node and name")
      .option("--snapshot-retention <count>", "how many to keep", "5")
      .action((flags: PruneFlags) => run((actions) => actions.prune(flags))),
  );
  return command;
}

function common(name: string, description: string): Command {
  return withS3Flags(withSnapshotDirectory(withStoreFlags(new Command(name).description(description))));
}

/** The actions are loaded when they are needed, so that `--help` and wrong flags answer at once. */
async function run(action: (actions: typeof import("./snapshot_actions.ts")) => Promise<void>): Promise<void> {
  await setUpCommandLogging();
  const actions = await import("./snapshot_actions.ts");
  await forUser(() => action(actions));
}

import { Command } from "commander";
import { dataDirOption } from "./data_dir.ts";
import { setUpCommandLogging } from "./logging.ts";

/** `skiff cleanup`: what `scripts/down` runs after the server has stopped. */
export function cleanupCommand(): Command {
  return new Command("cleanup")
    .description(
      "end what a stopped Skiff left running, and remove every mount, interface, nft table and cgroup of it",
    )
    .addOption(dataDirOption("the data directory that Skiff ran with"))
    .action(async ({ dataDir }: { dataDir: string }) => {
      await setUpCommandLogging();
      const { cleanUpCluster } = await import("./uninstall/clean_up.ts");
      await cleanUpCluster(dataDir);
    });
}

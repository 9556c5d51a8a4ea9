import { Command } from "commander";
import { dataDirOption } from "./data_dir.ts";
import { instanceOf } from "./instance.ts";
import { setUpLogging } from "./logging.ts";

/** `skiff cleanup`: what `scripts/down` runs after the server has stopped. */
export function cleanupCommand(): Command {
  return new Command("cleanup")
    .description("remove the containers of a stopped Skiff, and every mount, interface, nft table and cgroup of theirs")
    .addOption(dataDirOption("the data directory that Skiff ran with"))
    .action(async ({ dataDir }: { dataDir: string }) => {
      await setUpLogging("warning");
      const [{ cleanUpRuntime }, { cleanUpNetwork }, { cleanUpCgroups }, { detectHierarchy }] = await Promise.all([
        import("../agent/runtime/containerd/clean_up.ts"),
        import("../agent/network/clean_up.ts"),
        import("../agent/cgroups/pod_cgroups.ts"),
        import("../agent/cgroups/hierarchy.ts"),
      ]);
      await cleanUpRuntime({ dataDir });
      const instance = await instanceOf(dataDir);
      await cleanUpNetwork({ instance, dataDir });
      await cleanUpCgroups(await detectHierarchy(), instance);
    });
}

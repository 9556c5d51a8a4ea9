import { resolve } from "node:path";
import { Command } from "commander";
import { instanceOf } from "./instance.ts";
import { setUpLogging } from "./logging.ts";

/** `skiff cleanup`: what `scripts/down` runs after the server has stopped. */
export function cleanupCommand(): Command {
  return new Command("cleanup")
    .description(
      "end what a stopped Skiff left running, and remove every mount, interface, nft table and cgroup of it",
    )
    .option("-d, --data-dir <dir>", "the data directory that Skiff ran with", "/var/lib/skiff")
    .action(async ({ dataDir }: { dataDir: string }) => {
      await setUpLogging("warning");
      const [
        { cleanUpRuntime },
        { cleanUpNetwork },
        { cleanUpCgroups },
        { detectHierarchy },
        { endEtcd },
        { etcdPaths },
      ] = await Promise.all([
        import("../agent/runtime/containerd/clean_up.ts"),
        import("../agent/network/clean_up.ts"),
        import("../agent/cgroups/pod_cgroups.ts"),
        import("../agent/cgroups/hierarchy.ts"),
        import("../server/etcd/supervise.ts"),
        import("../server/etcd/paths.ts"),
      ]);
      // It outlives a server that was killed.
      await endEtcd(etcdPaths(resolve(dataDir)));
      await cleanUpRuntime({ dataDir });
      const instance = await instanceOf(dataDir);
      await cleanUpNetwork({ instance, dataDir });
      await cleanUpCgroups(await detectHierarchy(), instance);
    });
}

import { Command, Option } from "commander";
import { UserError } from "./error.ts";
import { setUpCommandLogging } from "./logging.ts";
import { forUser } from "./user_errors.ts";

interface UninstallFlags {
  readonly name?: string;
  readonly keepData: boolean;
  readonly verify: boolean;
  readonly record: boolean;
}

/** `skiff uninstall`: undoes install.sh by its journal. */
export function uninstallCommand(): Command {
  return new Command("uninstall")
    .description("stop Skiff and its containers, and undo every change that its installation made to this machine")
    .option("--name <name>", "which installation, where there are several")
    .option("--keep-data", "leave the data directory: the next installation finds its cluster again", false)
    .option("--verify", "look whether the machine is as it was, and fail when it is not", false)
    .addOption(new Option("--record", "print the machine's state (install.sh keeps it)").default(false).hideHelp())
    .action(async (flags: UninstallFlags) => {
      await setUpCommandLogging();
      if (flags.record) {
        const { readHostState } = await import("./uninstall/host_state.ts");
        console.log(JSON.stringify(await readHostState()));
        return;
      }
      if (Deno.uid() !== 0) throw new UserError("uninstalling needs root: use sudo");
      const [{ findInstallation, requireNewest }, { uninstall }] = await Promise.all([
        import("./uninstall/installation.ts"),
        import("./uninstall/uninstall.ts"),
      ]);
      const installation = await findInstallation(flags.name);
      await requireNewest(installation.name);
      const { left, others } = await forUser(() => uninstall(installation, flags));
      console.log(`${installation.name} is uninstalled`);
      if (!flags.verify) return;
      for (const each of others) console.log(`not Skiff's: ${each}`);
      if (left.length > 0) throw new UserError(`left on this machine:\n  ${left.join("\n  ")}`);
      console.log("nothing of it is left: mounts, interfaces, nft tables, cgroups and files are as they were");
    });
}

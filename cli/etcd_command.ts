import { Command } from "commander";
import { dataDirOption } from "./data_dir.ts";
import type { EtcdFlags } from "./etcd_actions.ts";
import { setUpCommandLogging } from "./logging.ts";
import { outputOption } from "./output.ts";
import { forUser } from "./user_errors.ts";

/** `skiff etcd`: the members of the etcd that Skiff runs, and their care. */
export function etcdCommand(): Command {
  const command = new Command("etcd").description("look after the members of the etcd that Skiff runs");
  const member = new Command("member").description("show and remove members");
  member.addCommand(
    common("list", "show the members").alias("ls").action((flags: EtcdFlags) => run((actions) => actions.list(flags))),
  );
  member.addCommand(
    common("remove", "remove a member whose machine is gone for good")
      .alias("rm")
      .argument("<member>", "its name or its ID")
      .action((name: string, flags: EtcdFlags) => run((actions) => actions.remove(name, flags))),
  );
  command.addCommand(member);
  command.addCommand(
    common("status", "show how each member is, and how big its file").action((flags: EtcdFlags) =>
      run((actions) => actions.status(flags))
    ),
  );
  command.addCommand(
    common("defrag", "give free space of the members' files back to the disk, one after the other")
      .action((flags: EtcdFlags) => run((actions) => actions.defrag(flags))),
  );
  return command;
}

function common(name: string, description: string): Command {
  return new Command(name).description(description)
    .addOption(dataDirOption("the data directory of a server of the cluster"))
    .addOption(outputOption());
}

/** The actions are loaded when they are needed, so that `--help` and wrong flags answer at once. */
async function run(action: (actions: typeof import("./etcd_actions.ts")) => Promise<void>): Promise<void> {
  await setUpCommandLogging();
  const actions = await import("./etcd_actions.ts");
  await forUser(() => action(actions));
}

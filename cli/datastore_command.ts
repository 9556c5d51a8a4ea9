import { Command } from "commander";
import { dataDirOption } from "./data_dir.ts";
import type { MigrateFlags, WhyFlags } from "./datastore_actions.ts";
import { datastoreServeCommand } from "./datastore_serve.ts";
import { setUpCommandLogging } from "./logging.ts";
import { withTlsFlags } from "./store_flags.ts";
import { forUser } from "./user_errors.ts";

/** `skiff datastore`: what the store does, moving to another one, and serving it as etcd. */
export function datastoreCommand(): Command {
  const command = new Command("datastore").description(
    "look at the datastore, move it to another kind, serve it to others",
  );
  command.addCommand(
    new Command("why").description("show who has written how much since the server was started")
      .addOption(dataDirOption("the data directory of the running server"))
      .option("--kubeconfig <file>", "an administrator's kubeconfig instead of the data directory's")
      .option("--json", "print what the server answers", false)
      .action((flags: WhyFlags) => run((actions) => actions.why(flags))),
  );
  const endpoint = "sqlite://FILE, https://HOST:2379 or http://HOST:2379 (etcd), or postgres://…";
  command.addCommand(
    withTlsFlags(
      new Command("migrate")
        .description(
          "copy a datastore to an empty one with all its revisions, and compare; no server may be running on either",
        )
        .requiredOption("--from <url>", `the datastore to copy: ${endpoint}; "sqlite://" for the data directory's`)
        .requiredOption("--to <url>", "the empty datastore to fill, in the same forms")
        .addOption(dataDirOption("the data directory that sqlite:// stands for")),
    ).action((flags: MigrateFlags) => run((actions) => actions.copy(flags))),
  );
  command.addCommand(datastoreServeCommand());
  return command;
}

async function run(action: (actions: typeof import("./datastore_actions.ts")) => Promise<void>): Promise<void> {
  await setUpCommandLogging();
  const actions = await import("./datastore_actions.ts");
  await forUser(() => action(actions));
}

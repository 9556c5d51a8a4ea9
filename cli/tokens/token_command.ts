import { Command, Option } from "commander";
import { type AdministratorFlags, kubeconfigOption } from "../administrator.ts";
import { dataDirOption } from "../data_dir.ts";
import { collect } from "../flag_adder.ts";
import { setUpCommandLogging } from "../logging.ts";
import { type OutputFlags, outputOption } from "../output.ts";
import { forUser } from "../user_errors.ts";
import { withStoreFlags } from "../store_flags.ts";
import { generateToken, USAGES } from "./bootstrap_token.ts";
import type { RotateFlags } from "./rotate_token.ts";
import type { CreateFlags, JoinFlags } from "./token_actions.ts";

/** `skiff token`: the tokens by which machines join. */
export function tokenCommand(): Command {
  const command = new Command("token").description("make, list, delete and change the tokens by which machines join");
  command.addCommand(
    common("create", "make a token by which nodes join for a while")
      .argument("[token]", "the token; a random one when it is left out")
      .option("--description <text>", "what it is for", "")
      .option("--ttl <duration>", "how long it lasts, such as 24h or 1h30m; 0 for ever", "24h")
      .addOption(repeatable("--groups <group>", "further groups of whoever shows it, system:bootstrappers:…", []))
      .addOption(repeatable("--usages <usage>", "what it is good for", [...USAGES]))
      .option("--print-join-command", "print the whole command for the new node", false)
      .action((token: string | undefined, flags: CreateFlags) => run((actions) => actions.create(token, flags))),
  );
  command.addCommand(
    common("list", "show the tokens").alias("ls").addOption(outputOption())
      .action((flags: AdministratorFlags & OutputFlags) => run((actions) => actions.list(flags))),
  );
  command.addCommand(
    common("delete", "take tokens away; nodes that have joined stay").alias("rm")
      .argument("<token...>", "tokens, or their ids")
      .action((tokens: string[], flags: AdministratorFlags) => run((actions) => actions.remove(tokens, flags))),
  );
  command.addCommand(
    new Command("generate").description("print a random token, for create or a configuration; nothing is stored")
      .action(() => console.log(generateToken())),
  );
  command.addCommand(
    common("join-command", "print how a machine joins by the cluster's own token, which lasts")
      .addOption(new Option("--as <role>", "what it joins as").choices(["agent", "server"]).default("agent"))
      .action((flags: JoinFlags) => run((actions) => actions.joinCommand(flags))),
  );
  command.addCommand(
    withStoreFlags(
      new Command("rotate")
        .description("give the cluster another server token, also while its servers run")
        .option("--new-token <token>", "its secret (one is made when absent)"),
    ).action(async (flags: RotateFlags) => {
      await setUpCommandLogging();
      const { rotate } = await import("./rotate_token.ts");
      await forUser(() => rotate(flags));
    }),
  );
  return command;
}

function common(name: string, description: string): Command {
  return new Command(name).description(description)
    .addOption(dataDirOption("the data directory of the server"))
    .addOption(kubeconfigOption());
}

/** What is given takes the default's place. */
function repeatable(flags: string, description: string, fallback: readonly string[]): Option {
  return new Option(flags, description).default(fallback, fallback.join(",") || "none")
    .argParser((value, before: readonly string[]) => collect(value, before === fallback ? [] : before));
}

/** The actions are loaded when they are needed, so that `--help` and wrong flags answer at once. */
async function run(action: (actions: typeof import("./token_actions.ts")) => Promise<void>): Promise<void> {
  const actions = await import("./token_actions.ts");
  await forUser(() => action(actions));
}

import { Command } from "commander";
import { setUpLogging } from "./logging.ts";
import { withStoreFlags } from "./store_flags.ts";
import type { RotateFlags } from "./token_actions.ts";
import { forUser } from "./user_errors.ts";

/** `skiff token`: the secret by which servers and nodes join. */
export function tokenCommand(): Command {
  const command = new Command("token").description("change the token by which servers and nodes join");
  command.addCommand(
    withStoreFlags(
      new Command("rotate")
        .description("give the cluster another server token, also while its servers run")
        .option("--new-token <token>", "its secret (one is made when absent)"),
    ).action(async (flags: RotateFlags) => {
      await setUpLogging("warning");
      const { rotate } = await import("./token_actions.ts");
      await forUser(() => rotate(flags));
    }),
  );
  return command;
}

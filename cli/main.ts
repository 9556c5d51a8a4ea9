import { Command } from "commander";
import { serverVersion } from "../server/version.ts";
import { currentBundle } from "./bundle/bundle.ts";
import { commandsFor } from "./commands.ts";
import { UserError } from "./error.ts";

/** Runs the command line. Answers the exit code: 0, 1 for what the user can mend, 2 for wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  currentBundle();
  const program = new Command("skiff")
    .description("Kubernetes for the edge in one small file.")
    .version(serverVersion.gitVersion, "-v, --version", "print the version")
    .helpCommand(false)
    // What stands after a command is the command's: `skiff server -v`, `skiff kubectl --help`.
    .enablePositionalOptions()
    .showHelpAfterError("(more with --help)")
    .exitOverride();
  let exitCode = 0;
  const finish = (code: number) => void (exitCode = code);
  for (const command of await commandsFor(args[0], finish)) {
    for (const each of withSubcommands(command)) each.exitOverride().showHelpAfterError("(more with --help)");
    program.addCommand(command);
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed its own message.
    if (
      error instanceof Error && "exitCode" in error && "code" in error && String(error.code).startsWith("commander.")
    ) {
      return error.exitCode === 0 ? 0 : 2;
    }
    if (error instanceof UserError) {
      console.error(`error: ${error.message}`);
      return 1;
    }
    throw error;
  }
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

if (import.meta.main) Deno.exit(await main(Deno.args));

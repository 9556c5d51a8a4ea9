import { Command } from "commander";
import { serverVersion } from "../server/version.ts";
import { agentCommand } from "./agent_command.ts";
import { currentBundle } from "./bundle/bundle.ts";
import { certificateCommand } from "./certificate_command.ts";
import { checkCommand } from "./check_command.ts";
import { cleanupCommand } from "./cleanup_command.ts";
import { completionCommand } from "./completion/completion_command.ts";
import { configCommand } from "./config_command.ts";
import { datastoreCommand } from "./datastore_command.ts";
import { etcdCommand } from "./etcd_command.ts";
import { ephemeralCommand } from "./ephemeral_command.ts";
import { UserError } from "./error.ts";
import { imagesCommand } from "./images/images_command.ts";
import { secretsEncryptCommand } from "./secrets_encrypt_command.ts";
import { serverCommand } from "./server_command.ts";
import { snapshotCommand } from "./snapshot_command.ts";
import { drainStopCommand, stopCommand } from "./stop_command.ts";
import { uninstallCommand } from "./uninstall_command.ts";
import { tokenCommand } from "./tokens/token_command.ts";
import { toolCommands } from "./tool_commands.ts";
import { versionCommand } from "./version_command.ts";

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
  const commands = [
    serverCommand(finish),
    agentCommand(finish),
    ephemeralCommand(finish),
    snapshotCommand(),
    datastoreCommand(),
    checkCommand(finish),
    etcdCommand(),
    tokenCommand(),
    certificateCommand(finish),
    secretsEncryptCommand(),
    imagesCommand(),
    ...toolCommands(finish),
    configCommand(),
    completionCommand(),
    cleanupCommand(),
    stopCommand(),
    drainStopCommand(),
    uninstallCommand(),
    versionCommand(),
  ];
  for (const command of commands) {
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

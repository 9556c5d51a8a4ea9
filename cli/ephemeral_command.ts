import { Command } from "commander";
import { UserError } from "./error.ts";
import { setUpLogging } from "./logging.ts";

/** `skiff ephemeral -- COMMAND`: a cluster for as long as a command runs. */
export function ephemeralCommand(finish: (exitCode: number) => void): Command {
  return new Command("ephemeral")
    .description("start a cluster in memory, run a command with KUBECONFIG set, and leave nothing; needs no root")
    .argument("<command...>", "what to run, after --")
    .option("--hollow-nodes <n>", "simulated nodes: their Pods become Running without containers", "0")
    .option("--debug", "log more", false)
    .action(async (words: string[], { hollowNodes, debug }: { hollowNodes: string; debug: boolean }) => {
      const count = /^[0-9]{1,4}$/.test(hollowNodes) ? Number(hollowNodes) : NaN;
      if (!(count <= 1000)) {
        throw new UserError(`--hollow-nodes ${JSON.stringify(hollowNodes)} is not a number from 0 to 1000`);
      }
      await setUpLogging(debug ? "debug" : "error");
      const { startCluster } = await import("./start_cluster.ts");
      await using cluster = await startCluster({ hollowNodes: count });
      finish(await run(words, cluster.kubeconfig));
    });
}

/** The command's exit code; 128 and the signal's number when a signal ended it, as in a shell. */
async function run([command, ...args]: readonly string[], kubeconfig: string): Promise<number> {
  // The terminal's Ctrl-C reaches the command itself; Skiff waits for it to end.
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", ignore);
  try {
    const child = new Deno.Command(command!, { args: [...args], env: { KUBECONFIG: kubeconfig } }).spawn();
    const terminate = () => child.kill("SIGTERM");
    Deno.addSignalListener("SIGTERM", terminate);
    const { code } = await child.status;
    Deno.removeSignalListener("SIGTERM", terminate);
    return code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UserError(`there is no command ${JSON.stringify(command)}`);
    throw error;
  } finally {
    Deno.removeSignalListener("SIGINT", ignore);
  }
}

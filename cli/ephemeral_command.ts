import { Command } from "commander";
import { UserError } from "./error.ts";
import { setUpLogging } from "./logging.ts";
import { runProgram } from "./run_program.ts";

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
      finish(await runProgram(words, { env: { KUBECONFIG: cluster.kubeconfig } }));
    });
}

import { Command, Option } from "commander";
import { resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { UserError } from "../error.ts";
import { collect } from "../flag_adder.ts";
import { requireAgentHost } from "../host_tools.ts";
import { setUpLogging } from "../logging.ts";
import { runProgram } from "../run_program.ts";
import { forUser } from "../user_errors.ts";

interface EphemeralFlags {
  readonly nodes?: "0" | "1";
  readonly hollowNodes: string;
  readonly images: readonly string[];
  readonly debug: boolean;
  readonly control: boolean;
}

/** `skiff ephemeral -- COMMAND`: a cluster for as long as a command runs. */
export function ephemeralCommand(finish: (exitCode: number) => void): Command {
  return new Command("ephemeral")
    .description(
      "start a cluster in memory, run a command with KUBECONFIG set, pass its exit code on, and leave nothing",
    )
    .argument("[command...]", "what to run, after --")
    .addOption(
      new Option("--nodes <n>", "1: run real containers on this machine, as root; 0: none (1 where that is possible)")
        .choices(["0", "1"]),
    )
    .option("--hollow-nodes <n>", "simulated nodes instead: their Pods become Running without containers", "0")
    .option("--images <file>", "archive of images for real containers (repeatable)", collect, [])
    .option("--debug", "log more", false)
    .addOption(
      new Option("--control", "hold clusters for the program at the other end of the input").default(false).hideHelp(),
    )
    .action(async (words: string[], flags: EphemeralFlags) => {
      const { hollowNodes, images, debug } = flags;
      if (words.length === 0 && !flags.control) {
        throw new UserError(
          "there is nothing to run: give a command after --, as in skiff ephemeral -- kubectl get nodes",
        );
      }
      const count = /^[0-9]{1,4}$/.test(hollowNodes) ? Number(hollowNodes) : NaN;
      if (!(count <= 1000)) {
        throw new UserError(`--hollow-nodes ${JSON.stringify(hollowNodes)} is not a number from 0 to 1000`);
      }
      const nodes = await realNodes(flags, count);
      if (nodes === 0 && images.length > 0) throw new UserError("--images is for real containers: there are none");
      await setUpLogging(debug ? "debug" : "error");
      const { startCluster } = await import("./start_cluster.ts");
      const archives = images.map((file) => resolve(file));
      const start = () => startCluster({ hollowNodes: count, nodes, images: archives });
      if (flags.control) {
        const { control } = await import("./control.ts");
        const lines = createInterface({ input: process.stdin });
        Deno.addSignalListener("SIGTERM", () => lines.close());
        // A terminal's Ctrl-C reaches the other program as well, whose end is what counts.
        Deno.addSignalListener("SIGINT", () => {});
        return await control(await forUser(start), lines, (line) => console.log(line));
      }
      await using cluster = await forUser(start);
      finish(await runProgram(words, { env: { KUBECONFIG: cluster.kubeconfig } }));
    });
}

/** Real containers where they are asked for, or possible and nothing else is asked for. */
async function realNodes({ nodes }: EphemeralFlags, hollow: number): Promise<0 | 1> {
  if (nodes === "0" || nodes === undefined && hollow > 0) return 0;
  try {
    await requireAgentHost();
    return 1;
  } catch (error) {
    if (nodes === undefined) return 0;
    if (error instanceof UserError) throw new UserError(error.message.replaceAll("--disable-agent", "--nodes 0"));
    throw error;
  }
}

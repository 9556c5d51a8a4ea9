import { getLogger } from "@logtape/logtape";
import { Command } from "commander";
import { serverVersion } from "../server/version.ts";
import { type AgentFlags, withAgentFlags } from "./agent_flags.ts";
import { type AgentSettings, agentSettings } from "./agent_settings.ts";
import { tellingOrigin } from "./config/configuration.ts";
import { readHost } from "./host.ts";
import { keepIdleMemoryLow } from "./idle_memory.ts";
import { requireAgentHost } from "./host_tools.ts";
import { requireKernelDefaults } from "./kernel_defaults.ts";
import { setUpLogging } from "./logging.ts";
import { writeReadyFile } from "./ready_file.ts";
import { stopSignal } from "./stop_signal.ts";
import { forUser } from "./user_errors.ts";

const logger = getLogger(["skiff"]);

/** `skiff agent`: this machine as a node of a cluster whose servers are elsewhere. */
export function agentCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("agent").description("run the containers of this machine, as a node of a cluster");
  return withAgentFlags(command).action(async (flags: AgentFlags, acting: Command) => {
    const settings = await tellingOrigin(acting, async () => await agentSettings(flags, await readHost()));
    await requireAgentHost();
    if (flags.protectKernelDefaults) await requireKernelDefaults();
    await setUpLogging(flags.debug ? "debug" : "info", flags);
    finish(await runAgent(settings, flags.readyFile));
  });
}

/** Runs until SIGTERM or SIGINT; the containers live on. Answers the exit code. */
async function runAgent({ node, server, token }: AgentSettings, readyFile: string | undefined): Promise<number> {
  const stop = new AbortController();
  const stopped = stopSignal().then(() => stop.abort(new DOMException("the agent stops", "AbortError")));
  const { signal } = stop;
  const [{ startAgent }, { openMembership }] = await Promise.all([
    import("../agent/agent.ts"),
    import("../agent/join/membership.ts"),
  ]);
  try {
    const member = await forUser(() =>
      openMembership({ ...node, server, ...token !== undefined && { token }, signal })
    );
    const agent = await forUser(() =>
      startAgent({
        ...node,
        ...member.settings,
        client: member.client,
        identity: member,
        membership: member,
        version: serverVersion.gitVersion,
        signal,
      })
    );
    agent.ready.then(() => writeReadyFile(readyFile, "node"), () => {});
    const leaveMemory = keepIdleMemoryLow();
    await stopped;
    leaveMemory();
    logger.info("stopping");
    await agent.close();
    await member.closed;
    return 0;
  } catch (error) {
    if (signal.aborted && (error as Error).name === "AbortError") return 0;
    stop.abort(error);
    throw error;
  }
}

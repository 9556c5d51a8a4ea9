import { Command } from "commander";
import { getLogger } from "@logtape/logtape";
import { MemberFiles } from "../agent/join/member_files.ts";
import { serverVersion } from "../server/version.ts";
import { tellingOrigin } from "./config/configuration.ts";
import { readHost } from "./host.ts";
import { keepIdleMemoryLow } from "./idle_memory.ts";
import { requireAgentHost } from "./host_tools.ts";
import { requireKernelDefaults } from "./kernel_defaults.ts";
import { setUpLogging } from "./logging.ts";
import { writeReadyFile } from "./ready_file.ts";
import { type ServerFlags, withServerFlags } from "./server_flags.ts";
import { type Settings, settingsFrom } from "./settings.ts";
import { stopSignal } from "./stop_signal.ts";
import { forUser } from "./user_errors.ts";

const logger = getLogger(["skiff"]);

/** `skiff server`: the API server with scheduler and controllers and, unless it is left out, this machine's agent. */
export function serverCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("server").description("run a server, and the containers of this machine");
  return withServerFlags(command).action(async (flags: ServerFlags, acting: Command) => {
    const settings = await tellingOrigin(acting, async () => await settingsFrom(flags, await readHost()));
    const runs = settings.agent !== undefined && !flags.clusterReset;
    if (runs) await requireAgentHost();
    if (runs && flags.protectKernelDefaults) await requireKernelDefaults();
    await setUpLogging(flags.debug ? "debug" : "info", flags);
    if (flags.clusterReset) {
      const { reset } = await import("./cluster_reset.ts");
      return await forUser(() => reset(settings.server, flags.clusterResetRestorePath));
    }
    finish(await runServer(settings, flags.readyFile));
  });
}

/** Runs until SIGTERM or SIGINT; the containers live on. Answers the exit code. */
async function runServer(
  { server: options, agent: agentOptions }: Settings,
  readyFile: string | undefined,
): Promise<number> {
  const stop = stopSignal();
  // Imported here, so that `--help` and wrong flags answer at once.
  const [{ startServer }, agentModule] = await Promise.all([
    import("../server/server.ts"),
    agentOptions && import("../agent/agent.ts"),
  ]);
  const starting = new AbortController();
  void stop.then(() => starting.abort());
  const server = await forUser(() => startServer(options, starting.signal)).catch((error) => {
    if (starting.signal.aborted) return undefined;
    throw error;
  });
  if (server === undefined) return 0;
  const leaveMemory = keepIdleMemoryLow();
  try {
    await writeReadyFile(readyFile, "api", server.kubeconfig);
    if (!agentOptions || !agentModule) {
      await stop;
      return 0;
    }
    const { nodeName, nodeIP } = agentOptions;
    const agent = await forUser(async () =>
      await agentModule.startAgent({
        ...agentOptions,
        client: server.clientOf({ name: `system:node:${nodeName}`, groups: ["system:nodes", "system:authenticated"] }),
        identity: await server.nodeIdentity({
          name: nodeName,
          addresses: [nodeName, nodeIP],
          keyHash: (await new MemberFiles(agentOptions.dataDir).key()).hash,
        }),
        version: serverVersion.gitVersion,
      })
    );
    try {
      await Promise.race([agent.ready.then(() => writeReadyFile(readyFile, "node", server.kubeconfig)), stop]);
      await stop;
    } finally {
      await agent.close();
    }
    return 0;
  } finally {
    logger.info("stopping");
    leaveMemory();
    await server.close();
  }
}

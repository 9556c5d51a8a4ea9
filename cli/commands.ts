import type { Command } from "commander";

/** Told the exit code of a command that ends with one of its own. */
export type Finish = (exitCode: number) => void;

/** A module with commands, and the names by which they are called. */
interface Entry {
  readonly names: readonly string[];
  readonly load: (finish: Finish) => Promise<Command | readonly Command[]>;
}

/** In the order of the help. Whoever types one of them waits for that module alone. */
const ENTRIES: readonly Entry[] = [
  {
    // Together, so that a flag in a configuration file that is the other's can be told so.
    names: ["server", "agent"],
    load: async (finish) => {
      const [server, agent] = await Promise.all([import("./server_command.ts"), import("./agent_command.ts")]);
      return [server.serverCommand(finish), agent.agentCommand(finish)];
    },
  },
  {
    names: ["ephemeral"],
    load: async (finish) => (await import("./ephemeral/ephemeral_command.ts")).ephemeralCommand(finish),
  },
  {
    names: ["snapshot", "etcd-snapshot"],
    load: async () => (await import("./snapshot_command.ts")).snapshotCommand(),
  },
  { names: ["datastore"], load: async () => (await import("./datastore_command.ts")).datastoreCommand() },
  { names: ["check"], load: async (finish) => (await import("./check_command.ts")).checkCommand(finish) },
  { names: ["etcd"], load: async () => (await import("./etcd_command.ts")).etcdCommand() },
  { names: ["token"], load: async () => (await import("./tokens/token_command.ts")).tokenCommand() },
  {
    names: ["certificate"],
    load: async (finish) => (await import("./certificate_command.ts")).certificateCommand(finish),
  },
  {
    names: ["secrets-encrypt"],
    load: async () => (await import("./secrets_encrypt_command.ts")).secretsEncryptCommand(),
  },
  { names: ["images"], load: async () => (await import("./images/images_command.ts")).imagesCommand() },
  {
    names: ["kubectl", "crictl", "ctr"],
    load: async (finish) => (await import("./tool_commands.ts")).toolCommands(finish),
  },
  { names: ["config"], load: async () => (await import("./config_command.ts")).configCommand() },
  { names: ["completion"], load: async () => (await import("./completion/completion_command.ts")).completionCommand() },
  { names: ["cleanup"], load: async () => (await import("./cleanup_command.ts")).cleanupCommand() },
  {
    names: ["stop", "drain-stop"],
    load: async () => {
      const { drainStopCommand, stopCommand } = await import("./stop_command.ts");
      return [stopCommand(), drainStopCommand()];
    },
  },
  { names: ["uninstall"], load: async () => (await import("./uninstall_command.ts")).uninstallCommand() },
  { names: ["version"], load: async () => (await import("./version_command.ts")).versionCommand() },
];

/** The commands that a command line needs: the one that is called, or all of them for the help, for completions and for what is none. */
export async function commandsFor(called: string | undefined, finish: Finish): Promise<readonly Command[]> {
  const found = called === "completion" ? undefined : ENTRIES.find(({ names }) => names.includes(called ?? ""));
  const loaded = await Promise.all((found ? [found] : ENTRIES).map(({ load }) => load(finish)));
  return loaded.flat();
}

/** Every name that a first word may be. */
export const commandNames: readonly string[] = ENTRIES.flatMap(({ names }) => names);

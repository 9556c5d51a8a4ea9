import { type Command, Option } from "commander";
import { withConfiguration } from "./config/configuration.ts";
import { type NodeFlags, withNodeFlags } from "./node_flags.ts";

/** The flags of `skiff agent`; names are k3s's. */
export interface AgentFlags extends NodeFlags {
  readonly server?: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

export function withAgentFlags(command: Command): Command {
  const options = [
    new Option("-s, --server <url>", "a server of the cluster to join: https://HOST:6443"),
    new Option("-t, --token <token>", "secret by which nodes join: the line in a server's file server/node-token"),
    new Option("--token-file <file>", "file that holds it"),
  ];
  for (const option of options) command.addOption(option.helpGroup("Cluster:"));
  withNodeFlags(command);
  return withConfiguration(command, () => Deno.env.toObject());
}

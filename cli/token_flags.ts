import { type Command, Option } from "commander";
import { checkSecret, ClusterTokenError, parseClusterToken } from "../client/cluster_token.ts";
import type { ServerOptions } from "../server/options.ts";
import { UserError } from "./error.ts";

/** The flags of the tokens by which machines join; names are k3s's. */
export interface TokenFlags {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly agentToken?: string;
  readonly agentTokenFile?: string;
}

export function withTokenFlags(command: Command): Command {
  const options = [
    new Option("-t, --token <token>", "secret by which servers and nodes join (made at the first start)"),
    new Option("--token-file <file>", "file that holds it"),
    new Option("--agent-token <token>", "another secret for nodes (the same)"),
    new Option("--agent-token-file <file>", "file that holds it"),
  ];
  for (const option of options) command.addOption(option.helpGroup("Server:"));
  return command;
}

/** Throws a UserError that names the flag; secrets are not shown. */
export async function tokenSettings(flags: TokenFlags): Promise<Pick<ServerOptions, "joinTokens">> {
  const token = await chosenSecret("--token", flags.token, flags.tokenFile);
  const agentToken = await chosenSecret("--agent-token", flags.agentToken, flags.agentTokenFile);
  if (token === undefined && agentToken === undefined) return {};
  return { joinTokens: { ...(token !== undefined && { token }), ...(agentToken !== undefined && { agentToken }) } };
}

/** A secret that is given by its value or in a file. Throws a UserError that names the flag; secrets are not shown. */
export async function chosenSecret(
  flag: string,
  value: string | undefined,
  file: string | undefined,
): Promise<string | undefined> {
  if (value !== undefined && file !== undefined) {
    throw new UserError(`${flag} and ${flag}-file go together as little as two secrets: give one of them`);
  }
  if (value === undefined && file === undefined) return undefined;
  const text = value ?? await read(`${flag}-file`, file!);
  try {
    checkSecret(parseClusterToken(text, "server").credential);
    return text.trim();
  } catch (error) {
    if (error instanceof ClusterTokenError) throw new UserError(`${flag}: ${error.message}`, { cause: error });
    throw error;
  }
}

async function read(flag: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new UserError(`${flag} ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

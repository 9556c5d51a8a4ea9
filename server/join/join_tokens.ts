import { join } from "node:path";
import { caHashOf, checkSecret, formatClusterToken, parseClusterToken } from "../../client/cluster_token.ts";
import { type FindUser, staticTokens } from "../apiserver/auth/bearer_tokens.ts";
import type { UserInfo } from "../apiserver/contract.ts";
import { readIfPresent, writeFileAtomically } from "../pki/files.ts";

/** Whoever shows the server token, on the way to become a server. */
export const JOINING_SERVERS = "skiff:joining-servers";
/** Whoever shows a token for nodes; upstream's group for them, whose members may ask for certificates. */
export const BOOTSTRAPPERS = "system:bootstrappers";
/** Among them, those that came with the cluster's own token. */
export const JOINING_NODES = "system:bootstrappers:skiff:nodes";

export interface JoinTokenOptions {
  /** Secrets that the user has chosen; one is made for the server when absent, and nodes use the server's. */
  readonly token?: string;
  readonly agentToken?: string;
}

/** The tokens by which machines join this cluster, in their full form. */
export interface JoinTokens {
  readonly server: string;
  readonly node: string;
  /** The server's secret alone: what the cluster's own secrets are sealed with where servers share a store. */
  readonly secret: string;
  readonly userOf: FindUser;
}

/**
 * Opens the tokens in `directory` (`server/` of the data directory): `token`, and `node-token`, both in full form and readable by root alone. A chosen secret replaces the
 * one in the file. Throws a ClusterTokenError for a secret that cannot be one.
 */
export async function openJoinTokens(
  directory: string,
  clusterCa: string,
  options: JoinTokenOptions = {},
): Promise<JoinTokens> {
  const caHash = caHashOf(clusterCa);
  const files = { server: join(directory, "token"), node: join(directory, "node-token") };
  const secret = await knownSecret(directory, options) ?? newSecret();
  const nodeSecret = secretOf(options.agentToken) ?? secret;
  const server = formatClusterToken({ caHash, credential: `server:${secret}` });
  const node = formatClusterToken({ caHash, credential: `node:${nodeSecret}` });
  for (const [path, text] of [[files.server, server], [files.node, node]] as const) {
    if ((await readIfPresent(path))?.trim() !== text) await writeFileAtomically(path, `${text}\n`, 0o600);
  }
  return { server, node, secret, userOf: staticTokens(usersOf(secret, nodeSecret)) };
}

/** The server's secret as it was chosen, or else as `directory` has it; undefined where there is none yet. */
export async function knownSecret(
  directory: string,
  { token }: JoinTokenOptions = {},
): Promise<string | undefined> {
  return secretOf(token) ?? secretOf(await readIfPresent(join(directory, "token")));
}

const joiningNode: UserInfo = { name: "system:bootstrap:skiff", groups: [BOOTSTRAPPERS, JOINING_NODES] };

/** The server's secret lets nodes in as well: whoever has it could make any other. */
function usersOf(secret: string, nodeSecret: string): ReadonlyMap<string, UserInfo> {
  return new Map([
    [`server:${secret}`, { name: "skiff:joining-server", groups: [JOINING_SERVERS] }],
    [`node:${secret}`, joiningNode],
    [`node:${nodeSecret}`, joiningNode],
  ]);
}

/** The secret in a token of any form. */
function secretOf(text: string | undefined): string | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const { credential } = parseClusterToken(text, "server");
  const secret = credential.slice(credential.indexOf(":") + 1);
  checkSecret(secret);
  return secret;
}

export function newSecret(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}

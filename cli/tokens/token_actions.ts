import { resolve } from "node:path";
import { parseDuration } from "../../api/meta/time.ts";
import { endpoints, secrets } from "../../api/resources.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import { caHashOf, formatClusterToken } from "../../client/cluster_token.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { type AdministratorFlags, kubeconfigOf, withAdministrator } from "../administrator.ts";
import { UserError } from "../error.ts";
import { type OutputFlags, print } from "../output.ts";
import {
  type BootstrapToken,
  DEFAULT_GROUP,
  generateToken,
  GROUP,
  listed,
  secretName,
  secretOf,
  TOKEN,
  tokenOf,
  USAGES,
} from "./bootstrap_token.ts";

export interface CreateFlags extends AdministratorFlags {
  readonly description: string;
  readonly ttl: string;
  readonly groups: readonly string[];
  readonly usages: readonly string[];
  readonly printJoinCommand: boolean;
}

export interface JoinFlags extends AdministratorFlags {
  readonly as: "agent" | "server";
}

export async function create(given: string | undefined, flags: CreateFlags): Promise<void> {
  const token = newToken(given ?? generateToken(), flags);
  await withAdministrator(flags, async (client) => {
    try {
      await client.create(secrets, secretOf(token));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      throw new UserError(`there is a token ${token.id} already: delete it, or leave the choice of a token to Skiff`);
    }
    const text = await clusterToken(flags, `${token.id}.${token.secret}`);
    console.log(flags.printJoinCommand ? await joinCommandOf(client, flags, "agent", text) : text);
  });
}

function newToken(text: string, flags: CreateFlags): BootstrapToken {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  if (id === undefined || secret === undefined) {
    throw new UserError(
      "a token is six characters, a dot and sixteen more, of a-z and 0-9; make one with: skiff token generate",
    );
  }
  const wrongGroup = flags.groups.find((group) => !GROUP.test(group));
  if (wrongGroup !== undefined) {
    throw new UserError(`--groups ${JSON.stringify(wrongGroup)} does not begin with system:bootstrappers:`);
  }
  const wrongUsage = flags.usages.find((usage) => !USAGES.some((known) => known === usage));
  if (wrongUsage !== undefined || flags.usages.length === 0) {
    throw new UserError(`--usages ${JSON.stringify(wrongUsage ?? "")} is not one of ${USAGES.join(", ")}`);
  }
  const ttl = timeToLive(flags.ttl);
  return {
    id,
    secret,
    description: flags.description,
    ...ttl > 0 && { expires: Date.now() + ttl },
    usages: flags.usages,
    groups: flags.groups.length > 0 ? flags.groups : [DEFAULT_GROUP],
  };
}

function timeToLive(text: string): number {
  if (text === "0") return 0;
  try {
    const milliseconds = parseDuration(text);
    if (milliseconds >= 1000) return milliseconds;
  } catch {
    // Said below.
  }
  throw new UserError(`--ttl ${JSON.stringify(text)} is no duration such as 24h or 1h30m, nor 0 for ever`);
}

/** With the cluster's hash in front of it, so that a node knows whom it shows the token to. */
async function clusterToken(flags: AdministratorFlags, credential: string): Promise<string> {
  const { ca } = await readKubeconfig(await kubeconfigOf(flags));
  return formatClusterToken({ ...ca !== undefined && { caHash: caHashOf(ca) }, credential });
}

async function joinCommandOf(
  client: Client,
  flags: AdministratorFlags,
  joinsAs: JoinFlags["as"],
  token: string,
): Promise<string> {
  const { subsets = [] } = await client.get(endpoints, { namespace: "default", name: "kubernetes" });
  const ip = subsets[0]?.addresses?.[0]?.ip;
  const port = subsets[0]?.ports?.[0]?.port;
  const { server } = await readKubeconfig(await kubeconfigOf(flags));
  const url = ip === undefined || port === undefined ? server : `https://${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
  return `skiff ${joinsAs} --server ${url} --token ${token}`;
}

/** How a machine joins by the cluster's own token, which lasts. */
export async function joinCommand(flags: JoinFlags): Promise<void> {
  const path = `${resolve(flags.dataDir)}/server/${flags.as === "server" ? "token" : "node-token"}`;
  let token: string;
  try {
    token = (await Deno.readTextFile(path)).trim();
  } catch (cause) {
    throw new UserError(
      `${path} cannot be read: run this as root on a server, or make a token for a while with: skiff token create --print-join-command`,
      { cause },
    );
  }
  console.log(await withAdministrator(flags, (client) => joinCommandOf(client, flags, flags.as, token)));
}

export async function list(flags: AdministratorFlags & OutputFlags): Promise<void> {
  const { items } = await withAdministrator(flags, (client) => client.list(secrets, listed));
  const now = Date.now();
  const found = items.map(tokenOf).filter((token) => token !== undefined).map(({ secret, expires, ...token }) => ({
    ...token,
    // The whole token is shown as kubeadm does: whoever may read Secrets has it anyway.
    token: `${token.id}.${secret}`,
    expires: expires === undefined ? null : new Date(expires).toISOString(),
    expired: expires !== undefined && expires <= now,
  }));
  await print(flags, found, ["TOKEN", "EXPIRES", "USAGES", "DESCRIPTION", "EXTRA GROUPS"], (token) => [
    token.token,
    token.expires === null ? "never" : `${token.expires.replace(/\.\d+Z$/, "Z")}${token.expired ? " (expired)" : ""}`,
    token.usages.join(","),
    token.description || "-",
    token.groups.join(",") || "-",
  ], "there are no bootstrap tokens; make one with: skiff token create");
}

export async function remove(given: readonly string[], flags: AdministratorFlags): Promise<void> {
  const ids = given.map((text) => {
    // The full form is what `create` prints.
    const id = text.replace(/^S10[0-9a-f]{64}::/, "").split(".")[0]!;
    if (/^[a-z0-9]{6}$/.test(id)) return id;
    throw new UserError(`${JSON.stringify(text)} is neither a bootstrap token nor the six characters of its id`);
  });
  await withAdministrator(flags, async (client) => {
    for (const id of ids) {
      try {
        await client.delete(secrets, secretName(id));
      } catch (error) {
        if (!isNotFound(error)) throw error;
        throw new UserError(`there is no token ${id}; skiff token list shows what there is`);
      }
      console.log(`deleted ${id}`);
    }
  });
}

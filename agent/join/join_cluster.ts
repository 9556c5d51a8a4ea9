import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { StatusError } from "../../api/status.ts";
import { fetchClusterCa } from "../../client/cluster_ca.ts";
import { type ClusterToken, ClusterTokenError, parseClusterToken } from "../../client/cluster_token.ts";
import { createHttpsClient } from "../../client/https.ts";
import { HttpsTransport } from "../../client/https_transport.ts";
import { pause } from "../../client/pause.ts";
import { askClusterCa, askConfig } from "./ask_server.ts";
import { clockAdvice } from "./clock_advice.ts";
import { JoinError } from "./error.ts";
import type { MemberFiles, SavedMember } from "./member_files.ts";
import { requestCertificate } from "./request_certificate.ts";
import type { ServerTime } from "./server_time.ts";

export interface JoinOptions {
  /** `https://HOST:6443` */
  readonly server: string;
  /** As users hand it over. */
  readonly token: string;
  readonly nodeName: string;
  readonly nodeIP: string;
  readonly files: MemberFiles;
  readonly time: ServerTime;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const logger = getLogger(["skiff", "agent", "join"]);
const firstRetry = 1_000;
const lastRetry = 30_000;

/**
 * Makes this machine a member of a cluster: the authority that the token names, the cluster's settings, a certificate for the node's key, and one to serve with. Tries on while
 * no server answers. A refusal rejects with a {@linkcode JoinError}; the machine is then as before, but for a key that is nobody's.
 */
export async function joinCluster(options: JoinOptions): Promise<SavedMember> {
  const { clock, signal, server } = options;
  const token = tokenOf(options.token);
  if (token.caHash === undefined) {
    logger.warn(
      "the token does not name the cluster's authority, so that {server} is believed to be the cluster's without proof; " +
        "the whole line of the server's file server/node-token would name it",
      { server },
    );
  }
  for (let delay = firstRetry;; delay = Math.min(delay * 2, lastRetry)) {
    try {
      return await tryToJoin(options, token);
    } catch (error) {
      signal.throwIfAborted();
      if (!isUnanswered(error)) throw refusalOf(error, options);
      logger.warn("{server} does not answer ({error}){clock}; next try in {delay} ms", {
        server,
        error: (error as Error).message,
        clock: await clockAdvice(server, clock.now()),
        delay,
      });
      await pause(clock, delay, signal);
    }
  }
}

async function tryToJoin(options: JoinOptions, { caHash, credential }: ClusterToken): Promise<SavedMember> {
  const { server, nodeName, nodeIP, files, time, signal } = options;
  const known = await fetchClusterCa(server, { caHash, signal });
  const byToken = { server, ca: known, token: credential, userAgent: "agent" };
  const transport = new HttpsTransport(byToken);
  const [answer, clusterCa] = await Promise.all([askConfig(transport, signal), askClusterCa(transport, signal)])
    .finally(() => transport.close());
  time.told(answer.date);
  const { config } = answer;
  // The token is good: from here on something may stay.
  const key = await files.key();
  using bootstrapper = createHttpsClient(byToken);
  const client = await requestCertificate(bootstrapper, { purpose: "client", nodeName, key: key.key }, signal);
  using node = createHttpsClient({ server, ca: clusterCa, cert: client, key: key.pem, userAgent: "agent" });
  const serving = await requestServing(node, { nodeName, nodeIP, key: key.key }, signal);
  await files.save({ clusterCa, client, serving, config });
  logger.info("joined the cluster at {server} as node {node}", { server, node: nodeName });
  return { key, clusterCa, client, serving, config };
}

/**
 * The certificate of the node's own API: for its name and address; for the name alone, which is what the server goes by, when the address is one that
 * elsewhere is a server's.
 */
export async function requestServing(
  client: Parameters<typeof requestCertificate>[0],
  { nodeName, nodeIP, key }: {
    readonly nodeName: string;
    readonly nodeIP: string;
    readonly key: SavedMember["key"]["key"];
  },
  signal: AbortSignal,
): Promise<string> {
  const ask = (names: readonly string[]) =>
    requestCertificate(client, { purpose: "serving", nodeName, names, key }, signal);
  try {
    return await ask([nodeName, nodeIP]);
  } catch (error) {
    if (!(error instanceof JoinError)) throw error;
    logger.warn("{error}; going on with the node's name alone", { error: error.message });
    return await ask([nodeName]);
  }
}

/** A server's token lets nodes in as well. Throws a {@linkcode JoinError}. */
export function tokenOf(text: string): ClusterToken {
  try {
    const token = parseClusterToken(text, "node");
    return { ...token, credential: token.credential.replace(/^server:/, "node:") };
  } catch (cause) {
    if (!(cause instanceof ClusterTokenError)) throw cause;
    throw new JoinError("noToken", cause.message, { cause });
  }
}

/** Nobody was there, or nobody who could answer now: as against a refusal. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof StatusError) {
    return error.status.code === undefined || error.status.code >= 500 || error.status.code === 429;
  }
  return error instanceof Error && typeof (error as { code?: unknown }).code === "string" ||
    error instanceof DOMException;
}

function refusalOf(error: unknown, { server, nodeName }: JoinOptions): unknown {
  if (!(error instanceof StatusError)) return error;
  const { code, message } = error.status;
  if (code === 401) {
    return new JoinError(
      "tokenRefused",
      `the server at ${server} does not know the token: it was changed, has expired, or is another cluster's. ` +
        `"skiff token create" on a server makes a new one; its own is in the file server/node-token of its data directory`,
      { cause: error },
    );
  }
  return new JoinError("refused", `the server at ${server} does not let node ${nodeName} in: ${message}`, {
    cause: error,
  });
}

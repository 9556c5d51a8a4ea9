import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { StatusError } from "../../api/status.ts";
import { ClusterCaError, fetchClusterCa } from "../../client/cluster_ca.ts";
import { parseClusterToken } from "../../client/cluster_token.ts";
import { HttpsTransport } from "../../client/https_transport.ts";
import { pause } from "../../client/pause.ts";
import {
  type AddedMember,
  BOOTSTRAP_PATH,
  MEMBERS_PATH,
  type NewMember,
  PROMOTIONS_PATH,
  type ServerBootstrap,
} from "../join/server_contract.ts";
import { ClusterError } from "./error.ts";

/** The way into a cluster, by way of one of its servers. */
export interface Joining {
  readonly bootstrap: ServerBootstrap;
  /** Idempotent for a member that has not started yet. */
  addMember(member: NewMember): Promise<AddedMember>;
  /** Waits until the member has caught up and votes. */
  promote(member: NewMember): Promise<void>;
  close(): void;
}

export interface JoinOptions {
  /** `https://HOST:6443` */
  readonly server: string;
  /** In any form. */
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const logger = getLogger(["skiff", "cluster"]);
/** Another server may be joining, and a big store takes its time to be copied. */
const PATIENCE = 600_000;
const RETRY_EVERY = 500;

/**
 * Asks a server for what its cluster's servers share. Its authority is held against the token's hash before the secret is shown. Rejects with a ClusterError
 * (`tokenMissing`, `wrongToken`, `joinFailed`).
 */
export async function openJoining(options: JoinOptions): Promise<Joining> {
  const { server, clock, signal } = options;
  if (options.token === undefined) {
    throw new ClusterError(
      "tokenMissing",
      "--server needs the cluster's token: copy it from server/token in the first server's data directory and give it with --token or --token-file",
    );
  }
  const { caHash, credential } = parseClusterToken(options.token, "server");
  if (!credential.startsWith("server:")) {
    throw new ClusterError(
      "wrongToken",
      "--token is a token for nodes: a server joins with the one in server/token of the first server's data directory",
    );
  }
  const ca = await reach(server, () => fetchClusterCa(server, { caHash, signal }));
  const transport = new HttpsTransport({ server, ca, token: credential, userAgent: "joining-server" });
  const ask = <T>(method: string, path: string, body?: unknown): Promise<T> =>
    reach(server, () =>
      transport.json({
        method,
        path,
        signal,
        ...body !== undefined && { body: JSON.stringify(body), contentType: "application/json" },
      }) as Promise<T>);
  /** As long as the server says that it is too early. */
  const insist = async <T>(path: string, body: unknown): Promise<T> => {
    const end = clock.now() + PATIENCE;
    for (let told = "";;) {
      try {
        return await ask<T>("POST", path, body);
      } catch (error) {
        const { code, message } = causeOf(error);
        if (code !== 503 || clock.now() > end) throw error;
        if (message !== told) logger.info("{server}: {message}; trying again", { server, message });
        told = message;
      }
      await pause(clock, RETRY_EVERY, signal);
    }
  };
  try {
    const bootstrap = await ask<ServerBootstrap>("GET", BOOTSTRAP_PATH);
    return {
      bootstrap,
      addMember: (member) => insist<AddedMember>(MEMBERS_PATH, member),
      promote: async (member) => void await insist(PROMOTIONS_PATH, member),
      close: () => transport.close(),
    };
  } catch (error) {
    transport.close();
    throw error;
  }
}

/** A call's failure as this server's user can understand it. */
async function reach<T>(server: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof ClusterCaError) throw new ClusterError("joinFailed", cause.message, { cause });
    const { code, message } = causeOf(cause);
    if (code === 401 || code === 403) {
      throw new ClusterError(
        "wrongToken",
        `the server at ${server} does not take the token: copy it anew from server/token in its data directory`,
        { cause },
      );
    }
    throw new ClusterError("joinFailed", `the server at ${server}: ${message}`, { cause });
  }
}

function causeOf(error: unknown): { readonly code: number | undefined; readonly message: string } {
  const cause = error instanceof ClusterError ? error.cause : error;
  if (cause instanceof StatusError) return { code: cause.status.code, message: cause.status.message ?? cause.message };
  return { code: undefined, message: cause instanceof Error ? cause.message : String(cause) };
}

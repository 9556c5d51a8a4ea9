import { getLogger } from "@logtape/logtape";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { Clock } from "../../../../api/clock.ts";
import type { SubjectAccessReview } from "../../../../api/types/authorization_v1.ts";
import { HttpsTransport } from "../../../../client/https_transport.ts";
import { readKubeconfig } from "../../../../client/kubeconfig.ts";
import type { AccessControl, AuthorizerSetup } from "../access.ts";
import { webhookAuthorizer } from "../webhook_authorizer.ts";
import type { Matcher } from "../match_conditions.ts";
import { type AuthorizerEntry, readAuthorizationConfiguration } from "./read_configuration.ts";
import { watchFile } from "./watch_file.ts";

type WebhookEntry = Extract<AuthorizerEntry, { type: "Webhook" }>;

/** An authorisation configuration that cannot be used. The message names the file. */
export class AuthorizationConfigurationError extends Error {
  readonly reason = "InvalidAuthorizationConfiguration";

  constructor(file: string, cause: unknown) {
    super(`the authorization configuration ${file} cannot be used: ${(cause as Error).message}`, { cause });
    this.name = "AuthorizationConfigurationError";
  }
}

const logger = getLogger(["skiff", "apiserver", "authorization"]);
/** A webhook's answer is a review and a line of text. */
const maxAnswer = 1024 * 1024;

/** The authorizers that a file sets up, in its order. Paths in it are relative to it. Rejects with an AuthorizationConfigurationError. */
export async function loadAuthorizationConfiguration(file: string, clock: Clock): Promise<readonly AuthorizerSetup[]> {
  return await setupOf(
    await Deno.readTextFile(file).catch((error) => {
      throw new AuthorizationConfigurationError(file, error);
    }),
    file,
    clock,
  );
}

export interface FollowAuthorizationOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly access: Pick<AccessControl, "replace">;
}

/** Takes a file's authorizers over whenever it changes; one that cannot be used is told in the log, and the ones before stay. */
export async function followAuthorizationConfiguration(options: FollowAuthorizationOptions): Promise<void> {
  const { file, clock, signal, access } = options;
  const changed = async (text: string) => {
    try {
      access.replace(await setupOf(text, file, clock));
      logger.info("the authorization configuration {file} has been read again", { file });
    } catch (error) {
      logger.error("{message}; the one before stays", { message: (error as Error).message });
    }
  };
  watchFile({ file, text: await Deno.readTextFile(file), signal, changed });
}

async function setupOf(text: string, file: string, clock: Clock): Promise<readonly AuthorizerSetup[]> {
  try {
    const entries = readAuthorizationConfiguration(parse(text));
    return await Promise.all(entries.map(async (entry): Promise<AuthorizerSetup> => {
      if (entry.type !== "Webhook") return { type: entry.type };
      const { name, timeout, authorizedTtl, unauthorizedTtl, failurePolicy: onFailure } = entry;
      const matches = await matcherOf(entry);
      const kubeconfig = await readKubeconfig(resolve(dirname(file), entry.kubeConfigFile));
      const transport = new HttpsTransport({ ...kubeconfig, timeout, maxAnswer });
      // The address in the kubeconfig is the webhook's own, path and all.
      const ask = (review: SubjectAccessReview) =>
        transport.json({ method: "POST", path: "", body: JSON.stringify(inVersion(review, entry.version)) });
      const authorizer = webhookAuthorizer({
        ...{ name, ask, authorizedTtl, unauthorizedTtl, onFailure, clock },
        ...(matches && { matches }),
      });
      return { type: "Webhook", authorizer, close: () => transport.close() };
    }));
  } catch (error) {
    throw new AuthorizationConfigurationError(file, error);
  }
}

/** CEL is imported by the first configuration that uses it. */
async function matcherOf({ matchConditions, refuse }: WebhookEntry): Promise<Matcher | undefined> {
  if (matchConditions.length === 0) return undefined;
  const { compileMatchConditions } = await import("../match_conditions.ts");
  try {
    return compileMatchConditions(matchConditions);
  } catch (error) {
    throw refuse(`cannot be used: ${(error as Error).message}`);
  }
}

/** The old version calls the groups by another name. */
function inVersion(review: SubjectAccessReview, version: WebhookEntry["version"]): unknown {
  if (version === "v1") return review;
  const { groups, ...spec } = review.spec;
  return { ...review, apiVersion: "authorization.k8s.io/v1beta1", spec: { ...spec, group: groups } };
}

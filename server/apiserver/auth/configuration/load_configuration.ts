import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { Clock } from "../../../../api/clock.ts";
import { HttpsTransport } from "../../../../client/https_transport.ts";
import { readKubeconfig } from "../../../../client/kubeconfig.ts";
import type { AuthorizerSetup } from "../access.ts";
import { webhookAuthorizer } from "../webhook_authorizer.ts";
import { readAuthorizationConfiguration } from "./read_configuration.ts";

/** An authorisation configuration that cannot be used. The message names the file. */
export class AuthorizationConfigurationError extends Error {
  readonly reason = "InvalidAuthorizationConfiguration";

  constructor(file: string, cause: unknown) {
    super(`the authorization configuration ${file} cannot be used: ${(cause as Error).message}`, { cause });
    this.name = "AuthorizationConfigurationError";
  }
}

/** A webhook's answer is a review and a line of text. */
const maxAnswer = 1024 * 1024;

/** The authorizers that a file sets up, in its order. Paths in it are relative to it. Rejects with an AuthorizationConfigurationError. */
export async function loadAuthorizationConfiguration(file: string, clock: Clock): Promise<readonly AuthorizerSetup[]> {
  try {
    const entries = readAuthorizationConfiguration(parse(await Deno.readTextFile(file)));
    return await Promise.all(entries.map(async (entry): Promise<AuthorizerSetup> => {
      if (entry.type !== "Webhook") return { type: entry.type };
      const { name, timeout, authorizedTtl, unauthorizedTtl, failurePolicy: onFailure } = entry;
      const kubeconfig = await readKubeconfig(resolve(dirname(file), entry.kubeConfigFile));
      const transport = new HttpsTransport({ ...kubeconfig, timeout, maxAnswer });
      // The address in the kubeconfig is the webhook's own, path and all.
      const ask = (review: unknown) => transport.json({ method: "POST", path: "", body: JSON.stringify(review) });
      const authorizer = webhookAuthorizer({ name, ask, authorizedTtl, unauthorizedTtl, onFailure, clock });
      return { type: "Webhook", authorizer, close: () => transport.close() };
    }));
  } catch (error) {
    throw new AuthorizationConfigurationError(file, error);
  }
}

import type { Clock } from "../../../api/clock.ts";
import type { AuthenticationOptions, OidcOptions } from "./authentication_options.ts";
import { type AnonymousPaths, healthPaths } from "./authenticator.ts";
import { audienceAgnostic, type TokenAuthenticator } from "./bearer_tokens.ts";
import { AuthenticationConfigurationError } from "./configuration/error.ts";
import type { ExternalIssuers } from "./oidc/external_issuers.ts";

export interface ExternalAuthenticationOptions {
  readonly options: AuthenticationOptions;
  readonly apiAudiences: readonly string[];
  readonly ownIssuers: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Who knows tokens that this cluster has not made, and where requests without any are let in. */
export interface ExternalAuthentication {
  readonly tokens: readonly TokenAuthenticator[];
  readonly anonymous: AnonymousPaths;
  close(): void;
}

/** What options set up beyond the cluster's own credentials; each part is imported by a cluster that has it. Rejects with an error made for users. */
export async function openExternalAuthentication(
  { options, apiAudiences, ownIssuers, clock, signal }: ExternalAuthenticationOptions,
): Promise<ExternalAuthentication> {
  let issuers: ExternalIssuers | undefined;
  let anonymous = options.anonymous === undefined ? undefined : options.anonymous ? "all" as const : new Set<string>();
  if (options.configFile !== undefined) {
    const { loadAuthenticationConfiguration } = await import("./configuration/load_authentication.ts");
    const file = options.configFile;
    const loaded = await loadAuthenticationConfiguration({ file, ownIssuers, clock, signal });
    if (loaded.anonymous !== undefined && anonymous !== undefined) {
      loaded.issuers.close();
      throw new AuthenticationConfigurationError(
        `--anonymous-auth and anonymous in ${file} say the same thing twice: leave one of them out`,
      );
    }
    issuers = loaded.issuers;
    anonymous ??= loaded.anonymous as typeof anonymous;
  } else if (options.oidc !== undefined) {
    issuers = await issuerOf(options.oidc, ownIssuers, clock);
  }
  const { tokenWebhook: webhookOptions } = options;
  const webhook = webhookOptions === undefined
    ? undefined
    : await (await import("./token_webhook.ts")).openTokenWebhook(webhookOptions.configFile, {
      ...{ version: webhookOptions.version, cacheTtl: webhookOptions.cacheTtl },
      ...{ apiAudiences, clock },
    });
  return {
    tokens: [
      ...(issuers === undefined ? [] : [audienceAgnostic(issuers.find, apiAudiences)]),
      ...(webhook === undefined ? [] : [webhook]),
    ],
    anonymous: anonymous ?? healthPaths,
    close() {
      issuers?.close();
      webhook?.close();
    },
  };
}

async function issuerOf(oidc: OidcOptions, ownIssuers: readonly string[], clock: Clock): Promise<ExternalIssuers> {
  if (ownIssuers.includes(oidc.issuerUrl)) {
    throw new AuthenticationConfigurationError(
      `--oidc-issuer-url ${oidc.issuerUrl} is the issuer of service-account tokens`,
    );
  }
  const { jwtConfigurationFrom } = await import("./oidc/from_flags.ts");
  const { ExternalIssuers } = await import("./oidc/external_issuers.ts");
  const ca = oidc.caFile === undefined ? undefined : await readText(oidc.caFile);
  const { signingAlgorithms: algorithms } = oidc;
  return await ExternalIssuers.open([jwtConfigurationFrom(oidc, ca)], { algorithms, clock });
}

/** A file that a flag names. Rejects with an error that says which. */
export async function readText(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new AuthenticationConfigurationError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

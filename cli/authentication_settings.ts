import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { parseDuration } from "../api/meta/time.ts";
import type { AuthenticationOptions, OidcOptions } from "../server/apiserver/auth/authentication_options.ts";
import { urlProblem } from "../server/apiserver/auth/configuration/read_authentication.ts";
import { defaultSigningAlgorithms, signingAlgorithms } from "../server/apiserver/auth/oidc/configuration.ts";
import { UserError } from "./error.ts";

/** The flags of `skiff server` that say who users are; all have kube-apiserver's names. */
export interface AuthenticationFlags {
  readonly anonymousAuth?: string;
  readonly apiAudiences?: readonly string[];
  readonly serviceAccountIssuer?: readonly string[];
  readonly serviceAccountKeyFile?: readonly string[];
  readonly serviceAccountSigningKeyFile?: string;
  readonly serviceAccountJwksUri?: string;
  readonly serviceAccountExtendTokenExpiration?: string;
  readonly authenticationConfig?: string;
  readonly authenticationTokenWebhookConfigFile?: string;
  readonly authenticationTokenWebhookVersion: string;
  readonly authenticationTokenWebhookCacheTtl: string;
  readonly oidcIssuerUrl?: string;
  readonly oidcClientId?: string;
  readonly oidcCaFile?: string;
  readonly oidcUsernameClaim?: string;
  readonly oidcUsernamePrefix?: string;
  readonly oidcGroupsClaim?: string;
  readonly oidcGroupsPrefix?: string;
  readonly oidcRequiredClaim?: readonly string[];
  readonly oidcSigningAlgs?: readonly string[];
}

const oidcFlags: readonly [flags: string, description: string][] = [
  ["--oidc-issuer-url <url>", "issuer of OpenID Connect tokens to take"],
  ["--oidc-client-id <id>", "what its tokens must be for"],
  ["--oidc-ca-file <file>", "authority that signed its certificate (the system's)"],
  ["--oidc-username-claim <claim>", "claim with the user's name (sub)"],
  [
    "--oidc-username-prefix <prefix>",
    "put before it; - for nothing (the issuer's URL and #, unless the claim is email)",
  ],
  ["--oidc-groups-claim <claim>", "claim with the user's groups"],
  ["--oidc-groups-prefix <prefix>", "put before each of them"],
];

export function withAuthenticationFlags(command: Command): Command {
  const list = (value: string, before: readonly string[] = []) => [...before, ...value.split(",").filter(Boolean)];
  const each = (value: string, before: readonly string[] = []) => [...before, value];
  const options = [
    new Option("--anonymous-auth [boolean]", "let requests without credentials in everywhere, or nowhere (health only)")
      .preset("true"),
    new Option("--authentication-config <file>", "issuers of tokens, their claims, and where strangers are let in"),
    ...oidcFlags.map(([flags, description]) => new Option(flags, description)),
    new Option("--oidc-required-claim <claim=value>", "what its tokens must say (repeatable)").argParser(each),
    new Option("--oidc-signing-algs <algorithm>", "signatures that it may use (RS256; repeatable)").argParser(list),
    new Option("--authentication-token-webhook-config-file <file>", "kubeconfig of a webhook that knows tokens"),
    new Option("--authentication-token-webhook-cache-ttl <time>", "for how long its answers are kept").default("2m0s"),
    new Option("--authentication-token-webhook-version <version>", "of the TokenReviews it is sent").choices([
      "v1",
      "v1beta1",
    ]).default("v1beta1"),
    new Option("--api-audiences <audience>", "what tokens must be for (the issuers; repeatable)").argParser(list),
    new Option("--service-account-issuer <issuer>", "of service-account tokens; the first issues (repeatable)")
      .argParser(each),
    new Option("--service-account-signing-key-file <file>", "key that signs them (one made by Skiff)"),
    new Option("--service-account-key-file <file>", "keys that verify them, beside that one (repeatable)").argParser(
      each,
    ),
    new Option("--service-account-jwks-uri <url>", "where others find these keys"),
    new Option("--service-account-extend-token-expiration [boolean]", "give Pods tokens for a year (true)").preset(
      "true",
    ),
  ];
  for (const option of options) command.addOption(option.helpGroup("Authentication:"));
  return command;
}

/** Settings of these flags. Pure; throws a UserError that names the flag, its value and what it takes. */
export function authenticationFrom(
  flags: AuthenticationFlags,
  workingDirectory: string,
): AuthenticationOptions | undefined {
  const path = (file: string) => resolve(workingDirectory, file);
  const { authenticationConfig, authenticationTokenWebhookConfigFile: webhook } = flags;
  const oidc = oidcFrom(flags, path);
  if (oidc !== undefined && authenticationConfig !== undefined) {
    throw new UserError("--authentication-config takes the place of the --oidc-… flags: give one or the others");
  }
  const issuers = flags.serviceAccountIssuer;
  if (issuers?.includes("")) throw new UserError("--service-account-issuer must not be empty");
  if (new Set(issuers).size !== (issuers?.length ?? 0)) throw new UserError("--service-account-issuer has one twice");
  const jwksUri = flags.serviceAccountJwksUri;
  if (jwksUri !== undefined) requireHttps("--service-account-jwks-uri", jwksUri);
  return given({
    anonymous: optional(flags.anonymousAuth, (value) => boolean("--anonymous-auth", value)),
    apiAudiences: flags.apiAudiences,
    serviceAccountIssuers: issuers,
    serviceAccountKeyFiles: flags.serviceAccountKeyFile?.map(path),
    serviceAccountSigningKeyFile: optional(flags.serviceAccountSigningKeyFile, path),
    serviceAccountJwksUri: jwksUri,
    serviceAccountExtendTokenExpiration: optional(
      flags.serviceAccountExtendTokenExpiration,
      (value) => boolean("--service-account-extend-token-expiration", value),
    ),
    configFile: optional(authenticationConfig, path),
    oidc,
    tokenWebhook: optional(webhook, (file) => ({
      configFile: path(file),
      version: flags.authenticationTokenWebhookVersion === "v1" ? "v1" as const : "v1beta1" as const,
      cacheTtl: duration("--authentication-token-webhook-cache-ttl", flags.authenticationTokenWebhookCacheTtl),
    })),
  });
}

function optional<T, R>(value: T | undefined, make: (value: T) => R): R | undefined {
  return value === undefined ? undefined : make(value);
}

/** Without the fields that nothing is said of; undefined when none is left. */
function given(options: { [K in keyof AuthenticationOptions]: AuthenticationOptions[K] | undefined }) {
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  return said.length === 0 ? undefined : Object.fromEntries(said) as AuthenticationOptions;
}

function oidcFrom(flags: AuthenticationFlags, path: (file: string) => string): OidcOptions | undefined {
  const { oidcIssuerUrl: issuerUrl, oidcClientId: clientId, oidcGroupsClaim: groupsClaim } = flags;
  if (!issuerUrl || !clientId) {
    const given = Object.entries(flags).some(([name, value]) => name.startsWith("oidc") && value !== undefined);
    if (given) throw new UserError("--oidc-issuer-url and --oidc-client-id are both needed with any --oidc-… flag");
    return undefined;
  }
  requireHttps("--oidc-issuer-url", issuerUrl);
  const algorithms = flags.oidcSigningAlgs ?? defaultSigningAlgorithms;
  const unknown = algorithms.find((algorithm) => !signingAlgorithms.includes(algorithm));
  if (unknown !== undefined) {
    throw new UserError(`--oidc-signing-algs ${JSON.stringify(unknown)}: there are ${signingAlgorithms.join(", ")}`);
  }
  return {
    issuerUrl,
    clientId,
    ...(flags.oidcCaFile === undefined ? {} : { caFile: path(flags.oidcCaFile) }),
    usernameClaim: flags.oidcUsernameClaim ?? "sub",
    ...(flags.oidcUsernamePrefix === undefined ? {} : { usernamePrefix: flags.oidcUsernamePrefix }),
    ...(groupsClaim === undefined ? {} : { groupsClaim }),
    groupsPrefix: flags.oidcGroupsPrefix ?? "",
    requiredClaims: (flags.oidcRequiredClaim ?? []).map(requiredClaim),
    signingAlgorithms: algorithms,
  };
}

function requiredClaim(text: string): { claim: string; value: string } {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UserError(`--oidc-required-claim ${JSON.stringify(text)} is not of the form claim=value`);
  return { claim: text.slice(0, equals), value: text.slice(equals + 1) };
}

function requireHttps(flag: string, value: string): void {
  const problem = urlProblem(value);
  if (problem !== undefined) throw new UserError(`${flag} ${JSON.stringify(value)}: ${problem}`);
}

function boolean(flag: string, value: string): boolean {
  if (value !== "true" && value !== "false") {
    throw new UserError(`${flag} ${JSON.stringify(value)} is neither true nor false`);
  }
  return value === "true";
}

/** In Go's form, `2m0s`, to milliseconds. */
function duration(flag: string, value: string): number {
  try {
    return parseDuration(value);
  } catch (cause) {
    throw new UserError(`${flag} ${JSON.stringify(value)} is no time like 2m0s`, { cause });
  }
}

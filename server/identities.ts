import { getLogger } from "@logtape/logtape";
import type { Clock } from "../api/clock.ts";
import type { KubeObject } from "../api/resource.ts";
import { isNotFound } from "../api/status.ts";
import type { Secret } from "../api/types/core_v1.ts";
import type { Access } from "./apiserver/auth/access.ts";
import { accessReviews } from "./apiserver/auth/access_reviews.ts";
import type { AuthenticationOptions } from "./apiserver/auth/authentication_options.ts";
import {
  type AnonymousPaths,
  AuthenticationError,
  type Authenticator,
  unionAuthenticator,
  withAuthenticatedGroup,
} from "./apiserver/auth/authenticator.ts";
import {
  audienceAgnostic,
  bearerTokenAuthenticator,
  type FindUser,
  unionTokenAuthenticator,
} from "./apiserver/auth/bearer_tokens.ts";
import { bootstrapTokens } from "./apiserver/auth/bootstrap_tokens.ts";
import { clientCertificateAuthenticator } from "./apiserver/auth/client_certificates.ts";
import { openExternalAuthentication, readText } from "./apiserver/auth/external_authentication.ts";
import { lastUsedLabel, legacyTokens } from "./apiserver/auth/legacy_tokens.ts";
import { type ServiceAccountTokens, serviceAccountTokens } from "./apiserver/auth/service_account_tokens.ts";
import { readTokenKeys, type TokenKeys } from "./apiserver/auth/token_keys.ts";
import type { Registry, SecretTokenIssuer } from "./apiserver/contract.ts";
import type { ReviewAnswers } from "./apiserver/registry/reviews.ts";
import { CLUSTER_CA_PATH } from "./join/join_routes.ts";
import type { Pki } from "./pki/pki.ts";

export interface IdentityOptions {
  readonly pki: Pick<Pki, "clusterCa" | "serviceAccountKey">;
  readonly clock: Clock;
  readonly clusterDomain: string;
  readonly access: Access;
  /** Those by which machines join; absent where none may. */
  readonly joinTokens?: FindUser;
  /** Asked when a token is shown: the registry is opened with these identities, so it comes later. */
  readonly registry: () => Registry;
  readonly authentication?: AuthenticationOptions;
}

export interface Identities {
  readonly authenticator: Authenticator;
  readonly tokens: ServiceAccountTokens & SecretTokenIssuer;
  readonly reviews: ReviewAnswers;
  close(): void;
}

const logger = getLogger(["skiff", "apiserver", "authentication"]);
const server = { user: { name: "system:apiserver", groups: [] }, warn: () => {} };

/** Who users are, by certificate and token, and what reviews answer of them. Rejects with an error made for users. */
export async function identities(options: IdentityOptions): Promise<Identities> {
  const { pki, clock, clusterDomain, access, joinTokens, registry, authentication = {} } = options;
  const find = async (resource: string, namespace: string, name: string): Promise<KubeObject | undefined> => {
    // What is there is enough for nearly every request; another server may have made it a moment ago.
    for (const resourceVersion of ["0", ""]) {
      try {
        return (await registry().store("", "v1", resource)?.get(server, { namespace, name, resourceVersion }))?.object;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    return undefined;
  };
  const keys = await tokenKeys(pki.serviceAccountKey, authentication);
  const issuers = authentication.serviceAccountIssuers ?? [`https://kubernetes.default.svc.${clusterDomain}`];
  const audiences = authentication.apiAudiences ?? issuers;
  const { serviceAccountExtendTokenExpiration: extendExpiration = true } = authentication;
  const bound = serviceAccountTokens({ keys, issuers, audiences, extendExpiration, lookup: find, clock });
  const legacy = legacyTokens({ keys, audiences, lookup: find, clock, noteUse: secretLabeller(registry) });
  const bootstrap = bootstrapTokens({
    secret: async (name) => await find("secrets", "kube-system", name) as Secret | undefined,
    clock,
  });
  const stop = new AbortController();
  const external = await openExternalAuthentication({
    ...{ options: authentication, apiAudiences: audiences, ownIssuers: issuers, clock },
    signal: stop.signal,
  });
  // Those that ask nobody come first; as upstream, a token that several might know is the first one's.
  const tokens = unionTokenAuthenticator([
    legacy,
    bound,
    ...[bootstrap, ...joinTokens ? [joinTokens] : []].map((find) => audienceAgnostic(find, audiences)),
    ...external.tokens,
  ]);
  return {
    tokens: { ...bound, issueForSecret: legacy.issueForSecret },
    authenticator: unionAuthenticator([
      clientCertificateAuthenticator(() => pki.clusterCa, clock),
      bearerTokenAuthenticator(tokens, audiences),
    ], withClusterCa(external.anonymous)),
    reviews: {
      ...accessReviews(access),
      async authenticate(token, wanted) {
        try {
          const known = await tokens.authenticateToken(token, wanted.length > 0 ? wanted : audiences);
          return known && { user: withAuthenticatedGroup(known.user), audiences: known.audiences };
        } catch (error) {
          if (error instanceof AuthenticationError) return undefined;
          throw error;
        }
      },
    },
    close() {
      stop.abort();
      external.close();
    },
  };
}

/** Machines that join know nobody yet, and learn by their token whether this is the authority that they look for. */
function withClusterCa(paths: AnonymousPaths): AnonymousPaths {
  return paths === "all" ? paths : new Set([...paths, CLUSTER_CA_PATH]);
}

/** Keys that have signed before go on verifying, unless the flags name the ones that do. */
async function tokenKeys(ownKeys: string, options: AuthenticationOptions): Promise<TokenKeys> {
  const own = { text: ownKeys, file: "the data directory's service-account.key" };
  const read = async (file: string) => ({ text: await readText(file), file });
  const { serviceAccountSigningKeyFile: signingFile, serviceAccountKeyFiles: files } = options;
  const signing = signingFile === undefined ? own : await read(signingFile);
  return readTokenKeys(signing, files === undefined ? [own] : await Promise.all(files.map(read)));
}

/** Labels Secrets with the day of their token's use, one write at a time for each; a failure is told and the token taken all the same. */
function secretLabeller(registry: () => Registry): (secret: Secret, day: string) => Promise<void> {
  const writing = new Set<string>();
  const options = { dryRun: false, fieldManager: "skiff", fieldValidation: "Ignore" } as const;
  return async ({ metadata: { namespace = "", name = "", uid = "" } }, day) => {
    if (writing.has(uid)) return;
    writing.add(uid);
    try {
      const patch = { metadata: { uid, labels: { [lastUsedLabel]: day } } };
      await registry().store("", "v1", "secrets")?.patch(server, { namespace, name, type: "merge", patch, options });
    } catch (error) {
      logger.warn("the last use of the token in the Secret {namespace}/{name} cannot be noted: {message}", {
        ...{ namespace, name },
        message: (error as Error).message,
      });
    } finally {
      writing.delete(uid);
    }
  };
}

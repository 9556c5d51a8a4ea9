import type { Clock } from "../api/clock.ts";
import type { KubeObject } from "../api/resource.ts";
import { isNotFound } from "../api/status.ts";
import type { Secret } from "../api/types/core_v1.ts";
import {
  AuthenticationError,
  type Authenticator,
  unionAuthenticator,
  withAuthenticatedGroup,
} from "./apiserver/auth/authenticator.ts";
import type { Access } from "./apiserver/auth/access.ts";
import { accessReviews } from "./apiserver/auth/access_reviews.ts";
import { bearerTokenAuthenticator, type TokenAuthenticator } from "./apiserver/auth/bearer_tokens.ts";
import { bootstrapTokens } from "./apiserver/auth/bootstrap_tokens.ts";
import { clientCertificateAuthenticator } from "./apiserver/auth/client_certificates.ts";
import {
  type ObjectLookup,
  type ServiceAccountTokens,
  serviceAccountTokens,
} from "./apiserver/auth/service_account_tokens.ts";
import type { Registry } from "./apiserver/contract.ts";
import type { ReviewAnswers } from "./apiserver/registry/reviews.ts";
import type { Pki } from "./pki/pki.ts";

export interface IdentityOptions {
  readonly pki: Pick<Pki, "clusterCa" | "serviceAccountKey">;
  readonly clock: Clock;
  readonly clusterDomain: string;
  readonly access: Access;
  /** Those by which machines join; absent where none may. */
  readonly joinTokens?: TokenAuthenticator;
  /** Asked when a token is shown: the registry is opened with these identities, so it comes later. */
  readonly registry: () => Registry;
}

export interface Identities {
  readonly authenticator: Authenticator;
  readonly tokens: ServiceAccountTokens;
  readonly reviews: ReviewAnswers;
}

/** Who users are, by certificate and token, and what reviews answer of them. */
export function identities({ pki, clock, clusterDomain, access, joinTokens, registry }: IdentityOptions): Identities {
  const find = async (resource: string, namespace: string, name: string): Promise<KubeObject | undefined> => {
    const context = { user: { name: "system:apiserver", groups: [] }, warn: () => {} };
    // What is there is enough for nearly every request; another server may have made it a moment ago.
    for (const resourceVersion of ["0", ""]) {
      try {
        return (await registry().store("", "v1", resource)?.get(context, { namespace, name, resourceVersion }))?.object;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    return undefined;
  };
  const lookup: ObjectLookup = async (...place) => (await find(...place))?.metadata;
  const issuer = `https://kubernetes.default.svc.${clusterDomain}`;
  const tokens = serviceAccountTokens({ key: pki.serviceAccountKey, issuer, audiences: [issuer], lookup, clock });
  const bootstrap = bootstrapTokens({
    secret: async (name) => await find("secrets", "kube-system", name) as Secret | undefined,
    clock,
  });
  return {
    tokens,
    authenticator: unionAuthenticator([
      clientCertificateAuthenticator(pki.clusterCa, clock),
      bearerTokenAuthenticator([tokens, bootstrap, ...joinTokens ? [joinTokens] : []]),
    ]),
    reviews: {
      ...accessReviews(access),
      async authenticate(token, audiences) {
        const wanted = audiences.length > 0 ? audiences : tokens.defaultAudiences;
        try {
          const found = await tokens.review(token, wanted);
          if (found !== undefined) return { ...found, user: withAuthenticatedGroup(found.user) };
          // Tokens that name no audience are for the API server.
          const common = wanted.filter((audience) => tokens.defaultAudiences.includes(audience));
          const user = common.length > 0 ? await bootstrap.authenticateToken(token) : undefined;
          return user && { user: withAuthenticatedGroup(user), audiences: common };
        } catch (error) {
          if (error instanceof AuthenticationError) return undefined;
          throw error;
        }
      },
    },
  };
}

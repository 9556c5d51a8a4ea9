import type { Clock } from "../api/clock.ts";
import { isNotFound } from "../api/status.ts";
import { AuthenticationError, type Authenticator, unionAuthenticator } from "./apiserver/auth/authenticator.ts";
import type { Access } from "./apiserver/auth/access.ts";
import { accessReviews } from "./apiserver/auth/access_reviews.ts";
import { bearerTokenAuthenticator } from "./apiserver/auth/bearer_tokens.ts";
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
  /** Asked when a token is shown: the registry is opened with these identities, so it comes later. */
  readonly registry: () => Registry;
}

export interface Identities {
  readonly authenticator: Authenticator;
  readonly tokens: ServiceAccountTokens;
  readonly reviews: ReviewAnswers;
}

/** Who users are, by certificate and token, and what reviews answer of them. */
export function identities({ pki, clock, clusterDomain, access, registry }: IdentityOptions): Identities {
  const lookup: ObjectLookup = async (resource, namespace, name) => {
    const store = registry().store("", "v1", resource);
    try {
      const entry = await store?.get({ user: { name: "system:apiserver", groups: [] }, warn: () => {} }, {
        namespace,
        name,
      });
      return entry?.object.metadata;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
  const issuer = `https://kubernetes.default.svc.${clusterDomain}`;
  const tokens = serviceAccountTokens({ key: pki.serviceAccountKey, issuer, audiences: [issuer], lookup, clock });
  return {
    tokens,
    authenticator: unionAuthenticator([
      clientCertificateAuthenticator(pki.clusterCa, clock),
      bearerTokenAuthenticator([tokens]),
    ]),
    reviews: {
      ...accessReviews(access),
      async authenticate(token, audiences) {
        try {
          return await tokens.review(token, audiences.length > 0 ? audiences : tokens.defaultAudiences);
        } catch (error) {
          if (error instanceof AuthenticationError) return undefined;
          throw error;
        }
      },
    },
  };
}

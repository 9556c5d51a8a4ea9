import type { JWTPayload } from "jose";
import type { Clock } from "../../../api/clock.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type { TokenIssuer, TokenRequestFacts, UserInfo } from "../contract.ts";
import type { TokenAuthenticator } from "./bearer_tokens.ts";
import { mustExist, type ObjectLookup, type Reference } from "./bound_objects.ts";
import { serviceAccountUser } from "./service_account_user.ts";
import { jsonWebKeySet, type TokenKeys } from "./token_keys.ts";
import { refused, VerifiedTokens } from "./verified_tokens.ts";

export interface ServiceAccountTokensOptions {
  readonly keys: TokenKeys;
  /** The first issues tokens; the others' are taken, too, so that an issuer can be changed. */
  readonly issuers: readonly string[];
  /** Of the API server; also what a token is for when its request names none. */
  readonly audiences: readonly string[];
  /** Tokens of Pods that ask for the usual hour live for a year: what reads its token but once still works tomorrow. */
  readonly extendExpiration: boolean;
  readonly lookup: ObjectLookup;
  readonly clock: Pick<Clock, "now">;
}

export interface ServiceAccountTokens extends TokenIssuer, TokenAuthenticator {
  /** The public keys as `/openid/v1/jwks` shows them. */
  readonly jwks: ReturnType<typeof jsonWebKeySet>;
  readonly issuer: string;
}

/** The private part of the claims, as upstream's consumers know it. */
interface KubernetesClaims {
  readonly namespace: string;
  readonly serviceaccount: Reference;
  readonly pod?: Reference;
  readonly secret?: Reference;
  readonly node?: Reference;
  /** Seconds since the epoch: when whoever uses the token should have fetched a new one. */
  readonly warnafter?: number;
}

const CLAIM = "kubernetes.io";
/** What the volume that admission adds to Pods asks for, and for nobody else to ask for by chance. */
const USUAL_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

/** Tokens of service accounts, bound to objects that must still exist when the token is shown. */
export function serviceAccountTokens(options: ServiceAccountTokensOptions): ServiceAccountTokens {
  const { keys, issuers, audiences, clock } = options;
  const issuer = issuers[0]!;
  const verified = new VerifiedTokens({ keys: keys.verification, issuers, clock });
  return {
    issuer,
    defaultAudiences: audiences,
    jwks: jsonWebKeySet(keys),
    async issue(request) {
      const { SignJWT } = await import("jose");
      const now = Math.floor(clock.now() / 1000);
      const wanted = request.audiences.length > 0 ? request.audiences : audiences;
      const until = now + request.expirationSeconds;
      const extended = options.extendExpiration && request.boundObject?.kind === "Pod" &&
        request.expirationSeconds === USUAL_SECONDS && wanted.every((audience) => audiences.includes(audience));
      const token = await new SignJWT({ [CLAIM]: { ...claimsFor(request), ...(extended ? { warnafter: until } : {}) } })
        .setProtectedHeader({ alg: keys.signing.algorithm, kid: keys.signing.id })
        .setIssuer(issuer)
        .setSubject(`system:serviceaccount:${request.namespace}:${request.serviceAccount.name}`)
        .setAudience([...wanted])
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(extended ? now + EXTENDED_SECONDS : until)
        .setJti(crypto.randomUUID())
        .sign(keys.signing.key);
      return { token, expirationTimestamp: formatTime(until * 1000) };
    },
    async authenticateToken(token, wanted) {
      const claims = await verified.claimsOf(token);
      if (claims === undefined) return undefined;
      if (claims.exp === undefined) throw refused("it has no end");
      const held = claims.aud as readonly string[];
      const common = wanted.filter((audience) => held.includes(audience));
      if (common.length === 0) throw refused(`it is for the audiences ${JSON.stringify(held)}`);
      return { user: await userOf(claims, options), audiences: common };
    },
  };
}

function claimsFor(request: TokenRequestFacts): KubernetesClaims {
  const { boundObject, node } = request;
  const bound = boundObject && { name: boundObject.name, uid: boundObject.uid };
  return {
    namespace: request.namespace,
    serviceaccount: request.serviceAccount,
    ...(bound && boundObject.kind === "Pod" ? { pod: bound } : {}),
    ...(bound && boundObject.kind === "Secret" ? { secret: bound } : {}),
    ...(bound && boundObject.kind === "Node" ? { node: bound } : {}),
    ...(node ? { node } : {}),
  };
}

async function userOf(claims: JWTPayload, options: ServiceAccountTokensOptions): Promise<UserInfo> {
  const bound = claims[CLAIM] as KubernetesClaims | undefined;
  const { namespace, serviceaccount, pod, secret, node } = bound ?? {} as Partial<KubernetesClaims>;
  if (
    !namespace || !serviceaccount?.name || claims.sub !== `system:serviceaccount:${namespace}:${serviceaccount.name}`
  ) {
    throw refused("its claims name no service account");
  }
  await mustExist("serviceaccounts", namespace, serviceaccount, options);
  if (secret) await mustExist("secrets", namespace, secret, options);
  if (pod) await mustExist("pods", namespace, pod, options);
  // Beside a Pod the Node is information: the Pod's own life is the bound.
  else if (node) await mustExist("nodes", "", node, options);
  const extra = {
    ...(claims.jti ? { "authentication.kubernetes.io/credential-id": [`JTI=${claims.jti}`] } : {}),
    ...referenceExtra("pod", pod),
    ...referenceExtra("node", node),
  };
  return {
    ...serviceAccountUser(namespace, serviceaccount.name),
    uid: serviceaccount.uid,
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

function referenceExtra(kind: "pod" | "node", reference: Reference | undefined): Record<string, readonly string[]> {
  if (reference === undefined) return {};
  const prefix = `authentication.kubernetes.io/${kind}`;
  return { [`${prefix}-name`]: [reference.name], [`${prefix}-uid`]: [reference.uid] };
}

import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { JWTPayload } from "jose";
import type { Clock } from "../../../api/clock.ts";
import { formatTime, parseTime } from "../../../api/meta/time.ts";
import type { ObjectMeta } from "../../../api/types/meta_v1.ts";
import type { TokenIssuer, TokenRequestFacts, UserInfo } from "../contract.ts";
import { AuthenticationError } from "./authenticator.ts";
import type { TokenAuthenticator } from "./bearer_tokens.ts";
import { serviceAccountUser } from "./service_account_user.ts";

/** Resolves to undefined when there is no such object. */
export type ObjectLookup = (
  resource: "serviceaccounts" | "pods" | "secrets" | "nodes",
  namespace: string,
  name: string,
) => Promise<ObjectMeta | undefined>;

export interface ServiceAccountTokensOptions {
  /** PKCS #8 PEM of an ECDSA P-256 key. */
  readonly key: string;
  readonly issuer: string;
  /** Of the API server; also what a token is for when its request names none. */
  readonly audiences: readonly string[];
  readonly lookup: ObjectLookup;
  readonly clock: Pick<Clock, "now">;
}

export interface ServiceAccountTokens extends TokenIssuer, TokenAuthenticator {
  /** For TokenReview: a token for any of the audiences; the answer's are those of both. Fails with `AuthenticationError`. */
  review(token: string, audiences: readonly string[]): Promise<{ user: UserInfo; audiences: string[] } | undefined>;
  /** The public key as `/openid/v1/jwks` shows it. */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly issuer: string;
}

interface Reference {
  readonly name: string;
  readonly uid: string;
}

/** The private part of the claims, as upstream's consumers know it. */
interface KubernetesClaims {
  readonly namespace: string;
  readonly serviceaccount: Reference;
  readonly pod?: Reference;
  readonly secret?: Reference;
  readonly node?: Reference;
}

const ALGORITHM = "ES256";
const CLAIM = "kubernetes.io";
/** Clocks may differ by so many seconds. */
const LEEWAY = 60;
const VERIFIED_LIMIT = 1024;
/** Far above any real one; a longer string costs no signature check. */
const TOKEN_LENGTH_LIMIT = 16_384;

/** Tokens of service accounts: signed with ES256 alone, bound to objects that must still exist when the token is shown. */
export function serviceAccountTokens(options: ServiceAccountTokensOptions): ServiceAccountTokens {
  const privateKey = createPrivateKey(options.key);
  const publicKey = createPublicKey(privateKey);
  const keyId = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("base64url");
  const verified = new VerifiedTokens(publicKey, options);

  async function review(token: string, audiences: readonly string[]) {
    const claims = await verified.claimsOf(token);
    if (claims === undefined) return undefined;
    const held = typeof claims.aud === "string" ? [claims.aud] : claims.aud ?? [];
    const common = audiences.filter((audience) => held.includes(audience));
    if (common.length === 0) throw refused(`it is for the audiences ${JSON.stringify(held)}`);
    return { user: await userOf(claims, options), audiences: common };
  }

  return {
    issuer: options.issuer,
    defaultAudiences: options.audiences,
    jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), use: "sig", kid: keyId, alg: ALGORITHM }] },
    review,
    async issue(request) {
      const { SignJWT } = await import("jose");
      const now = Math.floor(options.clock.now() / 1000);
      const expires = now + request.expirationSeconds;
      const token = await new SignJWT({ [CLAIM]: claimsFor(request) })
        .setProtectedHeader({ alg: ALGORITHM, kid: keyId })
        .setIssuer(options.issuer)
        .setSubject(`system:serviceaccount:${request.namespace}:${request.serviceAccount.name}`)
        .setAudience([...(request.audiences.length > 0 ? request.audiences : options.audiences)])
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(expires)
        .setJti(crypto.randomUUID())
        .sign(privateKey);
      return { token, expirationTimestamp: formatTime(expires * 1000) };
    },
    async authenticateToken(token) {
      return (await review(token, options.audiences))?.user;
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

/** Signature and issuer of a token are looked at once; its times, and the objects it is bound to, every time. */
class VerifiedTokens {
  readonly #key: KeyObject;
  readonly #options: ServiceAccountTokensOptions;
  readonly #known = new Map<string, JWTPayload>();

  constructor(key: KeyObject, options: ServiceAccountTokensOptions) {
    this.#key = key;
    this.#options = options;
  }

  /** Undefined for what is no token of this issuer. */
  async claimsOf(token: string): Promise<JWTPayload | undefined> {
    if (token.length > TOKEN_LENGTH_LIMIT) return undefined;
    const id = createHash("sha256").update(token).digest("base64");
    const known = this.#known.get(id);
    if (known !== undefined) {
      this.#checkTimes(known);
      return known;
    }
    const { decodeJwt, errors, jwtVerify } = await import("jose");
    try {
      if (decodeJwt(token).iss !== this.#options.issuer) return undefined;
    } catch {
      return undefined;
    }
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        issuer: this.#options.issuer,
        currentDate: new Date(this.#options.clock.now()),
        clockTolerance: LEEWAY,
        requiredClaims: ["exp", "aud", "sub"],
      });
      if (this.#known.size >= VERIFIED_LIMIT) this.#known.delete(this.#known.keys().next().value!);
      this.#known.set(id, payload);
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw refused(error.message, error);
      throw error;
    }
  }

  #checkTimes(claims: JWTPayload): void {
    const now = this.#options.clock.now() / 1000;
    if (claims.exp! + LEEWAY <= now) throw refused("it has expired");
    if (claims.nbf !== undefined && claims.nbf - LEEWAY > now) throw refused("it is not valid yet");
  }
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

async function mustExist(
  resource: Parameters<ObjectLookup>[0],
  namespace: string,
  reference: Reference,
  { lookup, clock }: ServiceAccountTokensOptions,
): Promise<void> {
  const found = await lookup(resource, namespace, reference.name);
  const what = `${resource} ${JSON.stringify(namespace ? `${namespace}/${reference.name}` : reference.name)}`;
  if (found === undefined) throw refused(`${what} is gone`);
  if (found.uid !== reference.uid) throw refused(`${what} is another one now`);
  // A deleted object's token serves it through its last minute, in which it may still have to clean up.
  const deleted = found.deletionTimestamp === undefined ? undefined : parseTime(found.deletionTimestamp);
  if (deleted !== undefined && deleted + LEEWAY * 1000 < clock.now()) throw refused(`${what} is deleted`);
}

function refused(why: string, cause?: unknown): AuthenticationError {
  return new AuthenticationError("token", `the service account token is refused: ${why}`, { cause });
}

import type { Clock } from "../../../api/clock.ts";
import type { Secret } from "../../../api/types/core_v1.ts";
import type { SecretTokenIssuer } from "../contract.ts";
import type { TokenAuthenticator } from "./bearer_tokens.ts";
import { fieldsOf, sameText } from "./bootstrap_tokens.ts";
import { mustExist, type ObjectLookup } from "./bound_objects.ts";
import { serviceAccountUser } from "./service_account_user.ts";
import type { TokenKeys } from "./token_keys.ts";
import { refused, VerifiedTokens } from "./verified_tokens.ts";

export interface LegacyTokensOptions {
  readonly keys: TokenKeys;
  readonly audiences: readonly string[];
  readonly lookup: ObjectLookup;
  /** Notes on the Secret the day when its token was used last; at most once a day each. */
  readonly noteUse: (secret: Secret, day: string) => Promise<void>;
  readonly clock: Pick<Clock, "now">;
}

export const lastUsedLabel = "kubernetes.io/legacy-token-last-used";
export const invalidSinceLabel = "kubernetes.io/legacy-token-invalid-since";
const ISSUER = "kubernetes/serviceaccount";
const CLAIM = "kubernetes.io/serviceaccount/";
const DAY = 86_400_000;

/**
 * The tokens in Secrets of the type `kubernetes.io/service-account-token`: without an end, good for as long as their Secret holds just them. Whoever still uses one is
 * to be found by the Secret's label.
 */
export function legacyTokens(options: LegacyTokensOptions): TokenAuthenticator & SecretTokenIssuer {
  const { keys, audiences, lookup, clock } = options;
  const verified = new VerifiedTokens({ keys: keys.verification, issuers: [ISSUER], clock });
  return {
    async issueForSecret({ namespace, serviceAccount, secret }) {
      const { SignJWT } = await import("jose");
      return await new SignJWT({
        iss: ISSUER,
        [`${CLAIM}namespace`]: namespace,
        [`${CLAIM}secret.name`]: secret,
        [`${CLAIM}service-account.name`]: serviceAccount.name,
        [`${CLAIM}service-account.uid`]: serviceAccount.uid,
        sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
      }).setProtectedHeader({ alg: keys.signing.algorithm, kid: keys.signing.id }).sign(keys.signing.key);
    },
    async authenticateToken(token, wanted) {
      const claims = await verified.claimsOf(token);
      if (claims === undefined) return undefined;
      const held = claims.aud!.length > 0 ? claims.aud as readonly string[] : audiences;
      const common = wanted.filter((audience) => held.includes(audience));
      if (common.length === 0) throw refused(`it is for the audiences ${JSON.stringify(held)}`);
      const text = (name: string) => {
        const value = claims[CLAIM + name];
        if (typeof value !== "string" || value === "") throw refused(`its claim ${CLAIM}${name} is missing`);
        return value;
      };
      const [namespace, secretName] = [text("namespace"), text("secret.name")];
      const [name, uid] = [text("service-account.name"), text("service-account.uid")];
      if (claims.sub !== `system:serviceaccount:${namespace}:${name}`) {
        throw refused("its claims name no service account");
      }
      const secret = await lookup("secrets", namespace, secretName) as Secret | undefined;
      if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) throw refused("its Secret is gone");
      if (!sameText(fieldsOf(secret)("token"), token)) throw refused("its Secret holds another one now");
      const account = await mustExist("serviceaccounts", namespace, { name, uid }, options);
      if (account.metadata.deletionTimestamp !== undefined) throw refused("its service account is deleted");
      await noteUse(secret, options);
      const since = secret.metadata.labels?.[invalidSinceLabel];
      if (since) {
        throw refused(
          `its Secret ${namespace}/${secretName} is marked as invalid since ${since}; to allow it for a while take the label ${invalidSinceLabel} off`,
        );
      }
      return { user: { ...serviceAccountUser(namespace, name), uid }, audiences: common };
    },
  };
}

async function noteUse(secret: Secret, { noteUse, clock }: LegacyTokensOptions): Promise<void> {
  const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);
  const [today, tomorrow] = [dayOf(clock.now()), dayOf(clock.now() + DAY)];
  const noted = secret.metadata.labels?.[lastUsedLabel];
  // Of several servers one may be a little ahead.
  if (noted !== today && noted !== tomorrow) await noteUse(secret, today);
}

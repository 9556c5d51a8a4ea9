import { type Claims, parseClaims, refused } from "./claims.ts";
import type { IssuerKeys } from "./issuer_keys.ts";

const GOOGLE = "https://accounts.google.com";

/** Whose token it says it is, which nobody has verified yet. Undefined for what is no token. */
export async function claimedIssuer(token: string): Promise<string | undefined> {
  const { decodeJwt } = await import("jose");
  try {
    const { iss } = decodeJwt(token);
    return iss === "accounts.google.com" ? GOOGLE : iss;
  } catch {
    return undefined;
  }
}

/** The claims behind a good signature by one of the keys; of several keys that a header fits, all are tried. */
export async function verifiedClaims(
  token: string,
  keys: Pick<IssuerKeys, "keyFor">,
  algorithms: readonly string[],
): Promise<Claims> {
  const { compactVerify, errors } = await import("jose");
  const options = { algorithms: [...algorithms] };
  try {
    return parseClaims((await compactVerify(token, keys.keyFor.bind(keys), options)).payload);
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      for await (const key of error) {
        try {
          return parseClaims((await compactVerify(token, key, options)).payload);
        } catch (failure) {
          if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw wrong(failure);
        }
      }
    }
    throw wrong(error);
  }

  function wrong(error: unknown): unknown {
    return error instanceof errors.JOSEError || error instanceof TypeError ? refused(error.message, error) : error;
  }
}

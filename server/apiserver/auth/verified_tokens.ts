import { createHash } from "node:crypto";
import type { JWTPayload } from "jose";
import type { Clock } from "../../../api/clock.ts";
import { LruMap } from "../../../client/lru_map.ts";
import { AuthenticationError } from "./authenticator.ts";
import type { TokenKey } from "./token_keys.ts";

export interface VerifiedTokensOptions {
  readonly keys: readonly TokenKey[];
  readonly issuers: readonly string[];
  readonly clock: Pick<Clock, "now">;
}

/** Clocks may differ by so many seconds. */
export const LEEWAY = 60;
const VERIFIED_LIMIT = 1024;
/** Far above any real one; a longer string costs no signature check. */
const TOKEN_LENGTH_LIMIT = 16_384;

/**
 * The claims of service-account tokens whose signature is good. Signature and issuer of a token are looked at once, its times every time. The key that a token
 * names is the only one tried, and with that key's own algorithm: nothing in a token's header has a say in how it is verified.
 */
export class VerifiedTokens {
  readonly #options: VerifiedTokensOptions;
  readonly #known = new LruMap<string, JWTPayload>(VERIFIED_LIMIT);

  constructor(options: VerifiedTokensOptions) {
    this.#options = options;
  }

  /** Undefined for what is no token of these issuers; an AuthenticationError for one of theirs that is wrong. */
  async claimsOf(token: string): Promise<JWTPayload | undefined> {
    if (token.length > TOKEN_LENGTH_LIMIT) return undefined;
    const id = createHash("sha256").update(token).digest("base64");
    let claims = this.#known.get(id);
    if (claims === undefined) {
      claims = await this.#verify(token);
      if (claims === undefined) return undefined;
      this.#known.set(id, claims);
    }
    this.#checkTimes(claims);
    return claims;
  }

  async #verify(token: string): Promise<JWTPayload | undefined> {
    const { compactVerify, decodeJwt, decodeProtectedHeader, errors } = await import("jose");
    let kid: unknown;
    try {
      if (!this.#options.issuers.includes(decodeJwt(token).iss ?? "")) return undefined;
      ({ kid } = decodeProtectedHeader(token));
    } catch {
      return undefined;
    }
    const { keys } = this.#options;
    const candidates = kid === undefined || kid === "" ? keys : keys.filter(({ id }) => id === kid);
    let failure: unknown;
    for (const { key, algorithm } of candidates) {
      try {
        const { payload } = await compactVerify(token, key, { algorithms: [algorithm] });
        return claimsIn(payload);
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error;
        failure ??= error;
      }
    }
    throw refused(failure === undefined ? "no key has its id" : (failure as Error).message, failure);
  }

  #checkTimes({ exp, nbf, iat }: JWTPayload): void {
    const now = this.#options.clock.now() / 1000;
    if (exp !== undefined && exp + LEEWAY <= now) throw refused("it has expired");
    if (nbf !== undefined && nbf - LEEWAY > now) throw refused("it is not valid yet");
    if (iat !== undefined && iat - LEEWAY > now) throw refused("it is issued in the future");
  }
}

/** Only what these claims are by their standard: a time that is a text, say, must not pass for none. */
function claimsIn(payload: Uint8Array): JWTPayload {
  const claims = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
  for (const time of ["exp", "nbf", "iat"]) {
    if (claims[time] !== undefined && !Number.isFinite(claims[time])) throw refused(`its claim ${time} is no time`);
  }
  const { aud = [] } = claims;
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (audiences.some((audience) => typeof audience !== "string")) throw refused("its claim aud is no text");
  return { ...claims, aud: audiences };
}

/** The client hears no more than `Unauthorized`. */
export function refused(why: string, cause?: unknown): AuthenticationError {
  return new AuthenticationError("token", `the service account token is refused: ${why}`, { cause });
}

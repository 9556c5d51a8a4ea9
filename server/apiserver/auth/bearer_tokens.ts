import { createHash, timingSafeEqual } from "node:crypto";
import type { UserInfo } from "../contract.ts";
import { AuthenticationError, type Authenticator } from "./authenticator.ts";

/** Undefined: not a token of its kind. A token of its kind that is wrong is an `AuthenticationError`. */
export interface TokenAuthenticator {
  authenticateToken(token: string): UserInfo | undefined | Promise<UserInfo | undefined>;
}

/** The token of an `Authorization: Bearer` header, shown to each in turn; one that nobody takes is refused. */
export function bearerTokenAuthenticator(tokens: readonly TokenAuthenticator[]): Authenticator {
  return {
    authenticate({ authorization }) {
      const token = bearerToken(authorization);
      return token === undefined ? undefined : firstToTake(tokens, token);
    },
  };
}

async function firstToTake(tokens: readonly TokenAuthenticator[], token: string): Promise<UserInfo> {
  for (const authenticator of tokens) {
    const user = await authenticator.authenticateToken(token);
    if (user !== undefined) return user;
  }
  throw new AuthenticationError("token", "the bearer token is unknown");
}

function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const [scheme, token] = authorization.trim().split(" ");
  return scheme?.toLowerCase() === "bearer" && token ? token : undefined;
}

/** Fixed tokens, each for one user. Compared by digest, in time that tells nothing of them. */
export function staticTokenAuthenticator(users: ReadonlyMap<string, UserInfo>): TokenAuthenticator {
  const entries = [...users].map(([token, user]) => ({ digest: digest(token), user }));
  return {
    authenticateToken(token) {
      const shown = digest(token);
      let found: UserInfo | undefined;
      for (const entry of entries) if (timingSafeEqual(entry.digest, shown)) found = entry.user;
      return found;
    },
  };
}

function digest(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

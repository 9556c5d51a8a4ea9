import { createHash, timingSafeEqual } from "node:crypto";
import type { UserInfo } from "../contract.ts";
import { AuthenticationError, type Authenticator, type Credentials } from "./authenticator.ts";

/** Who a token is, and which of the audiences that were asked for it is for. */
export interface KnownToken {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/**
 * Undefined: not a token of its kind. A token of its kind that is wrong, or for none of the audiences, is an `AuthenticationError`. The answer's
 * audiences are those of both, and at least one.
 */
export interface TokenAuthenticator {
  authenticateToken(token: string, audiences: readonly string[]): Promise<KnownToken | undefined>;
}

/** Finds the user of a token of a kind that knows no audiences. */
export type FindUser = (token: string) => UserInfo | undefined | Promise<UserInfo | undefined>;

/** The token of a request, which must be for one of the API server's audiences. */
export function bearerTokenAuthenticator(tokens: TokenAuthenticator, audiences: readonly string[]): Authenticator {
  const authenticate = async (token: string): Promise<UserInfo> => {
    const known = await tokens.authenticateToken(token, audiences);
    if (known === undefined) throw new AuthenticationError("token", "the bearer token is unknown");
    return known.user;
  };
  return {
    authenticate(credentials) {
      const token = bearerToken(credentials.authorization) ?? webSocketToken(credentials);
      return token === undefined ? undefined : authenticate(token);
    },
  };
}

/** Shows a token to each in turn. As upstream, what one finds wrong with it keeps none of the others from taking it. */
export function unionTokenAuthenticator(tokens: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      let failure: AuthenticationError | undefined;
      for (const authenticator of tokens) {
        try {
          const known = await authenticator.authenticateToken(token, audiences);
          if (known !== undefined) return known;
        } catch (error) {
          if (!(error instanceof AuthenticationError)) throw error;
          failure ??= error;
        }
      }
      if (failure !== undefined) throw failure;
      return undefined;
    },
  };
}

/** Tokens that name no audience are for the API server. */
export function audienceAgnostic(find: FindUser, apiAudiences: readonly string[]): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      const common = audiences.filter((audience) => apiAudiences.includes(audience));
      if (common.length === 0) return undefined;
      const user = await find(token);
      return user && { user, audiences: common };
    },
  };
}

function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const [scheme, token] = authorization.trim().split(" ");
  return scheme?.toLowerCase() === "bearer" && token ? token : undefined;
}

const tokenProtocol = "base64url.bearer.authorization.k8s.io.";

/** True for a WebSocket subprotocol that is a token: nobody else's business. */
export function isTokenProtocol(protocol: string): boolean {
  return protocol.startsWith(tokenProtocol);
}

/** Browsers can set no headers on a WebSocket: the token is one of the subprotocols offered, beside a real one. */
function webSocketToken({ webSocketProtocols }: Credentials): string | undefined {
  const protocols = webSocketProtocols?.split(",").map((protocol) => protocol.trim()) ?? [];
  const [shown, ...more] = protocols.filter(isTokenProtocol);
  if (shown === undefined) return undefined;
  if (more.length > 0) throw new AuthenticationError("token", "the WebSocket subprotocols hold several tokens");
  if (protocols.length === 1) {
    throw new AuthenticationError("token", "the WebSocket subprotocols hold a token and nothing to speak");
  }
  try {
    const bytes = Uint8Array.fromBase64(shown.slice(tokenProtocol.length), { alphabet: "base64url" });
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AuthenticationError("token", "the token among the WebSocket subprotocols is no base64url", { cause });
  }
}

/** Fixed tokens, each for one user. Compared by digest, in time that tells nothing of them. */
export function staticTokens(users: ReadonlyMap<string, UserInfo>): FindUser {
  const entries = [...users].map(([token, user]) => ({ digest: digest(token), user }));
  return (token) => {
    const shown = digest(token);
    let found: UserInfo | undefined;
    for (const entry of entries) if (timingSafeEqual(entry.digest, shown)) found = entry.user;
    return found;
  };
}

function digest(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

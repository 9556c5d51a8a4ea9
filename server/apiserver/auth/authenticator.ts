import type { UserInfo } from "../contract.ts";

/** What a request shows of who sends it. */
export interface Credentials {
  /** DER of the TLS client certificate, not verified yet. */
  readonly certificate: Uint8Array | undefined;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** The `Sec-WebSocket-Protocol` header of a request for a WebSocket. */
  readonly webSocketProtocols?: string | undefined;
  /** Decoded, without the query: strangers are let in at some paths alone. */
  readonly path: string;
}

/** Undefined: this way of authentication finds nothing of its kind. Credentials that are wrong are an {@linkcode AuthenticationError}. */
export interface Authenticator {
  authenticate(credentials: Credentials): UserInfo | undefined | Promise<UserInfo | undefined>;
}

export type AuthenticationFailure = "certificate" | "token";

/** The client hears no more than `Unauthorized`; the message is for the log. */
export class AuthenticationError extends Error {
  readonly reason: AuthenticationFailure;

  constructor(reason: AuthenticationFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AuthenticationError";
    this.reason = reason;
  }
}

export const AUTHENTICATED_GROUP = "system:authenticated";

export const anonymous: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** The paths at which a request without credentials is that of `system:anonymous`; anywhere else it is refused. */
export type AnonymousPaths = "all" | ReadonlySet<string>;

/** Where load balancers and monitors knock. */
export const healthPaths: AnonymousPaths = new Set(["/healthz", "/livez", "/readyz"]);

/** As upstream: every authenticated user is a member of `system:authenticated`. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(AUTHENTICATED_GROUP)) return user;
  return { ...user, groups: [...user.groups, AUTHENTICATED_GROUP] };
}

/**
 * Asks in order; the first that knows the user decides, so a valid certificate counts even beside a bad token. When none does, wrong
 * credentials of any kind refuse the request, and only a request without any is anonymous, or that of nobody. Answers without a promise
 * when it can: certificates are the hot path.
 */
export function unionAuthenticator(
  authenticators: readonly Authenticator[],
  anonymousPaths: AnonymousPaths = healthPaths,
): Authenticator {
  const stranger = ({ path }: Credentials) =>
    anonymousPaths === "all" || anonymousPaths.has(path) ? anonymous : undefined;
  return {
    authenticate(credentials) {
      let failure: AuthenticationError | undefined;
      for (let i = 0; i < authenticators.length; i++) {
        try {
          const answer = authenticators[i]!.authenticate(credentials);
          if (answer instanceof Promise) {
            return askRest(authenticators, i, answer, failure, credentials).then((user) =>
              user ?? stranger(credentials)
            );
          }
          if (answer !== undefined) return withAuthenticatedGroup(answer);
        } catch (error) {
          failure ??= authenticationError(error);
        }
      }
      if (failure !== undefined) throw failure;
      return stranger(credentials);
    },
  };
}

async function askRest(
  authenticators: readonly Authenticator[],
  index: number,
  pending: Promise<UserInfo | undefined>,
  before: AuthenticationError | undefined,
  credentials: Credentials,
): Promise<UserInfo | undefined> {
  let failure = before;
  let answer: UserInfo | undefined | Promise<UserInfo | undefined> = pending;
  for (let i = index;;) {
    try {
      const user = await answer;
      if (user !== undefined) return withAuthenticatedGroup(user);
    } catch (error) {
      failure ??= authenticationError(error);
    }
    if (++i >= authenticators.length) break;
    try {
      answer = authenticators[i]!.authenticate(credentials);
    } catch (error) {
      answer = Promise.reject(error);
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

function authenticationError(error: unknown): AuthenticationError {
  if (error instanceof AuthenticationError) return error;
  throw error;
}

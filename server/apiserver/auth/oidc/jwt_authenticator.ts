import type { Clock } from "../../../../api/clock.ts";
import type { UserInfo } from "../../contract.ts";
import type { FindUser } from "../bearer_tokens.ts";
import { checkStandardClaims } from "./claims.ts";
import type { JwtConfiguration } from "./configuration.ts";
import { type DistributedGroups, distributedGroups } from "./distributed_claims.ts";
import { IssuerKeys } from "./issuer_keys.ts";
import { compileUserOfClaims, type UserOfClaims } from "./user_of_claims.ts";
import { claimedIssuer, verifiedClaims } from "./verify.ts";

export interface JwtAuthenticatorOptions {
  readonly configuration: JwtConfiguration;
  /** Of signatures. Asymmetric ones alone: a public key must never do for a shared secret. */
  readonly algorithms: readonly string[];
  readonly clock: Pick<Clock, "now">;
}

/** Longer tokens are nobody's. */
const TOKEN_LENGTH_LIMIT = 262_144;

/** The users of one external issuer of tokens (OpenID Connect). */
export class JwtAuthenticator {
  readonly #options: JwtAuthenticatorOptions;
  readonly #userOf: UserOfClaims;
  readonly #keys: IssuerKeys;
  readonly #groups: DistributedGroups | undefined;

  private constructor(options: JwtAuthenticatorOptions, userOf: UserOfClaims) {
    this.#options = options;
    this.#userOf = userOf;
    const { issuer, claimMappings: { groups } } = options.configuration;
    this.#keys = new IssuerKeys({ issuer, clock: options.clock });
    if (groups !== undefined && "claim" in groups) this.#groups = distributedGroups(groups.claim, options);
  }

  /** Rejects with an error that names the place of an expression that cannot be used. */
  static async open(options: JwtAuthenticatorOptions): Promise<JwtAuthenticator> {
    return new JwtAuthenticator(options, await compileUserOfClaims(options.configuration));
  }

  get issuer(): string {
    return this.#options.configuration.issuer.url;
  }

  get ready(): boolean {
    return this.#keys.ready;
  }

  /** Asks the issuer for its keys, unless they are there. Never rejects. */
  prepare(): Promise<void> {
    return this.#keys.prepare();
  }

  close(): void {
    this.#keys.close();
    this.#groups?.close();
  }

  /** Undefined for a token that does not say that it is of this issuer; an AuthenticationError for one that is wrong. */
  readonly find: FindUser = async (token): Promise<UserInfo | undefined> => {
    if (token.length > TOKEN_LENGTH_LIMIT || await claimedIssuer(token) !== this.issuer) return undefined;
    const { configuration: { issuer }, algorithms, clock } = this.#options;
    const claims = await verifiedClaims(token, this.#keys, algorithms);
    checkStandardClaims(claims, issuer.audiences, clock.now());
    return this.#userOf(this.#groups === undefined ? claims : await this.#groups.expand(claims));
  };
}

/** One issuer of tokens and what its tokens say, as `--oidc-*` flags or an AuthenticationConfiguration set it up. Checked, expressions not yet compiled. */
export interface JwtConfiguration {
  readonly issuer: IssuerConfiguration;
  readonly claimValidationRules: readonly ClaimValidationRule[];
  readonly claimMappings: {
    readonly username: PrefixedClaim | Expression;
    readonly groups?: PrefixedClaim | Expression;
    readonly uid?: Claim | Expression;
    readonly extra: readonly { readonly key: string; readonly valueExpression: Expression }[];
  };
  readonly userValidationRules: readonly (Expression & { readonly message: string })[];
}

export interface IssuerConfiguration {
  /** What tokens have in `iss`, to the letter. */
  readonly url: string;
  /** Where its discovery document is instead of below `url`. */
  readonly discoveryUrl?: string;
  /** PEM; the system's authorities when absent. */
  readonly certificateAuthority?: string;
  /** A token must be for one of them. */
  readonly audiences: readonly string[];
}

export interface Claim {
  readonly claim: string;
}

export interface PrefixedClaim extends Claim {
  readonly prefix: string;
}

/** CEL over `claims`, or over `user`. */
export interface Expression {
  readonly expression: string;
  /** Where it stands, for errors: `jwt[0].claimMappings.uid.expression`. */
  readonly place: string;
}

export type ClaimValidationRule =
  | { readonly claim: string; readonly requiredValue: string }
  | (Expression & { readonly message: string });

/** The signature algorithms that issuers may use; all are asymmetric. */
export const signingAlgorithms: readonly string[] = [
  ...["RS256", "RS384", "RS512"],
  ...["ES256", "ES384", "ES512"],
  ...["PS256", "PS384", "PS512"],
];

/** What upstream's `--oidc-signing-algs` is without the flag. */
export const defaultSigningAlgorithms: readonly string[] = ["RS256"];

/** How users are told apart, beside certificates and the tokens that the cluster itself issues. Paths are absolute. */
export interface AuthenticationOptions {
  /** Whether requests without credentials are those of `system:anonymous`: everywhere, nowhere, or at health endpoints alone when absent. */
  readonly anonymous?: boolean;
  /** What tokens must be for; the issuers of service-account tokens when absent. */
  readonly apiAudiences?: readonly string[];
  /** The first issues tokens, all are taken; the `kubernetes` Service's URL when absent. */
  readonly serviceAccountIssuers?: readonly string[];
  /** PEM files whose keys verify service-account tokens, beside the one that signs. */
  readonly serviceAccountKeyFiles?: readonly string[];
  /** PEM file whose first key signs them; `server/tls/service-account.key` in the data directory when absent. */
  readonly serviceAccountSigningKeyFile?: string;
  /** Where others find the keys, in the discovery document; below the issuer when absent. */
  readonly serviceAccountJwksUri?: string;
  /** Tokens of Pods that ask for the usual hour live for a year, as upstream's do; so it is when absent. */
  readonly serviceAccountExtendTokenExpiration?: boolean;
  /** An AuthenticationConfiguration as kube-apiserver takes it, YAML. */
  readonly configFile?: string;
  /** One external issuer; not beside `configFile`'s. */
  readonly oidc?: OidcOptions;
  readonly tokenWebhook?: {
    /** A kubeconfig. */
    readonly configFile: string;
    readonly version: "v1" | "v1beta1";
    /** Milliseconds. */
    readonly cacheTtl: number;
  };
}

/** kube-apiserver's `--oidc-*` flags. */
export interface OidcOptions {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly caFile?: string;
  readonly usernameClaim: string;
  /** Absent: the issuer's URL and a hash, unless the claim is `email`. `-`: none. */
  readonly usernamePrefix?: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix: string;
  readonly requiredClaims: readonly { readonly claim: string; readonly value: string }[];
  readonly signingAlgorithms: readonly string[];
}

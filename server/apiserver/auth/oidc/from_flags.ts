import type { OidcOptions } from "../authentication_options.ts";
import type { JwtConfiguration } from "./configuration.ts";

/** What the `--oidc-*` flags mean, as upstream reads them; `certificateAuthority` is the text of their CA file. */
export function jwtConfigurationFrom(options: OidcOptions, certificateAuthority: string | undefined): JwtConfiguration {
  const { issuerUrl, clientId, usernameClaim, groupsClaim, groupsPrefix } = options;
  return {
    issuer: {
      url: issuerUrl,
      audiences: [clientId],
      ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    },
    claimValidationRules: options.requiredClaims.map(({ claim, value }) => ({ claim, requiredValue: value })),
    claimMappings: {
      username: { claim: usernameClaim, prefix: usernamePrefix(options) },
      ...(groupsClaim === undefined ? {} : { groups: { claim: groupsClaim, prefix: groupsPrefix } }),
      extra: [],
    },
    userValidationRules: [],
  };
}

/** Two issuers may call two people the same, so a name that is no address of its own carries its issuer's. */
function usernamePrefix({ usernamePrefix: given = "", usernameClaim, issuerUrl }: OidcOptions): string {
  if (given === "-") return "";
  return given === "" && usernameClaim !== "email" ? `${issuerUrl}#` : given;
}

import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { type AuthenticationFlags, authenticationFrom, withAuthenticationFlags } from "./authentication_settings.ts";

function options(...args: string[]) {
  const command = withAuthenticationFlags(new Command("server")).exitOverride().configureOutput({ writeErr: () => {} });
  return authenticationFrom(command.parse(args, { from: "user" }).opts<AuthenticationFlags>(), "/home/user");
}

const oidc = ["--oidc-issuer-url=https://issuer.example.org", "--oidc-client-id=skiff"];

describe("the flags that say who users are", () => {
  it("have kube-apiserver's names and meanings", () => {
    expect(options()).toBe(undefined);
    expect(options("--anonymous-auth")).toEqual({ anonymous: true });
    expect(options("--anonymous-auth=false")).toEqual({ anonymous: false });
    expect(options(...oidc)).toEqual({
      oidc: {
        issuerUrl: "https://issuer.example.org",
        clientId: "skiff",
        usernameClaim: "sub",
        groupsPrefix: "",
        requiredClaims: [],
        signingAlgorithms: ["RS256"],
      },
    });
    expect(
      options(
        ...oidc,
        "--oidc-ca-file=ca.pem",
        "--oidc-username-claim=email",
        "--oidc-username-prefix=-",
        "--oidc-groups-claim=roles",
        "--oidc-groups-prefix=oidc:",
        "--oidc-required-claim=tenant=a,b=c",
        "--oidc-required-claim=hd=x",
        "--oidc-signing-algs=RS256,ES256",
      )!.oidc,
    ).toMatchObject({
      caFile: "/home/user/ca.pem",
      usernameClaim: "email",
      usernamePrefix: "-",
      groupsClaim: "roles",
      groupsPrefix: "oidc:",
      requiredClaims: [{ claim: "tenant", value: "a,b=c" }, { claim: "hd", value: "x" }],
      signingAlgorithms: ["RS256", "ES256"],
    });
    expect(options(
      "--service-account-issuer=https://new",
      "--service-account-issuer=https://old",
      "--service-account-key-file=old.pem",
      "--service-account-signing-key-file=/etc/new.pem",
      "--service-account-jwks-uri=https://keys.example.org/jwks",
      "--service-account-extend-token-expiration=false",
      "--api-audiences=a,b",
      "--authentication-config=users.yaml",
      "--authentication-token-webhook-config-file=hook.yaml",
      "--authentication-token-webhook-version=v1",
      "--authentication-token-webhook-cache-ttl=1m30s",
    )).toEqual({
      serviceAccountIssuers: ["https://new", "https://old"],
      serviceAccountKeyFiles: ["/home/user/old.pem"],
      serviceAccountSigningKeyFile: "/etc/new.pem",
      serviceAccountJwksUri: "https://keys.example.org/jwks",
      serviceAccountExtendTokenExpiration: false,
      apiAudiences: ["a", "b"],
      configFile: "/home/user/users.yaml",
      tokenWebhook: { configFile: "/home/user/hook.yaml", version: "v1", cacheTtl: 90_000 },
    });
  });

  const wrong: [string, string[], string][] = [
    ["half an issuer", ["--oidc-issuer-url=https://x"], "--oidc-issuer-url and --oidc-client-id are both needed"],
    ["claims of no issuer", ["--oidc-groups-claim=x"], "--oidc-issuer-url and --oidc-client-id are both needed"],
    ["an issuer in the open", ["--oidc-issuer-url=http://x", "--oidc-client-id=y"], "begins with https://"],
    ["a shared secret", [...oidc, "--oidc-signing-algs=HS256"], '--oidc-signing-algs "HS256": there are RS256'],
    ["a claim without a value", [...oidc, "--oidc-required-claim=x"], "is not of the form claim=value"],
    ["both ways at once", [...oidc, "--authentication-config=x"], "--authentication-config takes the place"],
    ["an issuer twice", ["--service-account-issuer=a", "--service-account-issuer=a"], "has one twice"],
    ["no boolean", ["--anonymous-auth=maybe"], '--anonymous-auth "maybe" is neither true nor false'],
    [
      "no time",
      ["--authentication-token-webhook-config-file=x", "--authentication-token-webhook-cache-ttl=soon"],
      'cache-ttl "soon" is no time like 2m0s',
    ],
  ];
  for (const [what, args, message] of wrong) {
    it(`refuse ${what}`, () => expect(() => options(...args)).toThrow(message));
  }
});

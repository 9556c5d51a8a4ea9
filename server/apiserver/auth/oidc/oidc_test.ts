import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeJwt, type JWTPayload, UnsecuredJWT } from "jose";
import { ManualClock } from "../../../../api/clock.ts";
import type { OidcOptions } from "../authentication_options.ts";
import type { JwtConfiguration } from "./configuration.ts";
import { jwtConfigurationFrom } from "./from_flags.ts";
import { JwtAuthenticator } from "./jwt_authenticator.ts";
import { issuerKey, TestIssuer } from "./testing/issuer.ts";

const flags = {
  clientId: "skiff",
  usernameClaim: "sub",
  usernamePrefix: "-",
  groupsPrefix: "",
  requiredClaims: [],
  signingAlgorithms: ["RS256", "ES256"],
};

describe("tokens of an external issuer", () => {
  let issuer: TestIssuer;
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const opened: JwtAuthenticator[] = [];
  beforeEach(async () => void (issuer = await TestIssuer.start()));
  afterEach(async () => {
    for (const authenticator of opened.splice(0)) authenticator.close();
    await issuer[Symbol.asyncDispose]();
  });

  async function open(
    more: Partial<OidcOptions> = {},
    config: Partial<JwtConfiguration> = {},
  ): Promise<JwtAuthenticator> {
    const options = { ...flags, issuerUrl: issuer.url, ...more };
    const configuration = { ...jwtConfigurationFrom(options, issuer.ca), ...config };
    const authenticator = await JwtAuthenticator.open({ configuration, algorithms: options.signingAlgorithms, clock });
    opened.push(authenticator);
    return authenticator;
  }

  async function outcome(authenticator: JwtAuthenticator, token: string): Promise<string> {
    try {
      const user = await authenticator.find(token);
      if (user === undefined) return "not mine";
      return `${user.name} [${user.groups}]`;
    } catch (error) {
      expect((error as { reason: string }).reason).toBe("token");
      return (error as Error).message.replace("the token of an external issuer is refused: ", "");
    }
  }
  const tell = async (authenticator: JwtAuthenticator, claims: JWTPayload) =>
    await outcome(authenticator, await issuer.token(clock.now(), claims));

  it("are users and groups as the flags say", async () => {
    const plain = await open();
    expect(await tell(plain, {})).toBe("jane []");
    expect(await tell(plain, { groups: ["a"] })).toBe("jane []");
    expect(await tell(plain, { sub: "" })).toBe("its user has no name");
    const prefixed = await open({ usernamePrefix: "oidc:", groupsClaim: "roles", groupsPrefix: "g:" });
    expect(await tell(prefixed, { roles: ["a", "b"] })).toBe("oidc:jane [g:a,g:b]");
    expect(await tell(prefixed, { roles: "one" })).toBe("oidc:jane [g:one]");
    expect(await tell(prefixed, {})).toBe("oidc:jane []");
    expect(await tell(prefixed, { roles: [1] })).toContain("neither a text nor a list of texts");
    const usual = { ...flags, issuerUrl: issuer.url };
    const { usernamePrefix: _, ...unprefixed } = usual;
    const byIssuer = await open({}, jwtConfigurationFrom(unprefixed, issuer.ca));
    expect(await tell(byIssuer, {})).toBe(`${issuer.url}#jane []`);
    const required = await open({ requiredClaims: [{ claim: "tenant", value: "x" }] });
    expect(await tell(required, { tenant: "x" })).toBe("jane []");
    expect(await tell(required, { tenant: "y" })).toBe('its claim tenant is not "x"');
    expect(await tell(required, {})).toBe("its claim tenant is missing");
    const email = await open({ usernameClaim: "email", usernamePrefix: "" });
    expect(await tell(email, { email: "j@example.org" })).toBe("j@example.org []");
    expect(await tell(email, { email: "j@example.org", email_verified: true })).toBe("j@example.org []");
    for (const verified of [false, "true", null]) {
      expect(await tell(email, { email: "j@example.org", email_verified: verified })).toBe("its email is not verified");
    }
    expect(await plain.find(await issuer.token(clock.now(), { jti: "7" }))).toMatchObject({
      extra: { "authentication.kubernetes.io/credential-id": ["JTI=7"] },
    });
  });

  it("are refused when they are for somebody else, or not now", async () => {
    const authenticator = await open();
    const now = clock.now() / 1000;
    const cases: [JWTPayload, string][] = [
      [{ aud: ["other", "skiff"] }, "jane []"],
      [{ aud: "other" }, 'it is for ["other"], not for one of ["skiff"]'],
      [{ aud: [] }, 'it is for [], not for one of ["skiff"]'],
      [{ exp: now }, "it has expired"],
      [{ exp: now + 1 }, "jane []"],
      [{ exp: "never" as never }, "its claim exp is no time"],
      [{ nbf: now + 59 }, "jane []"],
      [{ nbf: now + 61 }, "it is not valid yet"],
      [{ iss: "https://elsewhere.example.org" }, "not mine"],
      [{ iss: `${issuer.url}/` }, "not mine"],
    ];
    for (const [claims, expected] of cases) {
      expect([claims, await tell(authenticator, claims)]).toEqual([claims, expected]);
    }
    const { exp: _, ...endless } = decodeJwt(await issuer.token(clock.now()));
    expect(await outcome(authenticator, await issuer.token(clock.now(), { ...endless, exp: undefined as never }))).toBe(
      "it has expired",
    );
    for (const token of ["", "x", "a.b.c", "y".repeat(300_000)]) {
      expect(await outcome(authenticator, token)).toBe("not mine");
    }
  });

  it("are refused when they are forged, whatever their header says", async () => {
    issuer.keys = [issuerKey("RS256"), issuerKey("ES256")];
    const authenticator = await open();
    const good = await issuer.token(clock.now());
    expect(await outcome(authenticator, good)).toBe("jane []");
    expect(await outcome(authenticator, await issuer.token(clock.now(), {}, { key: issuerKey("ES256") }))).toBe(
      "jane []",
    );
    const claims = decodeJwt(good);
    const [header, payload, signature] = good.split(".") as [string, string, string];
    const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const thief = { ...issuerKey("RS256", "thief"), kid: "RS256" };
    const publicPem = issuerKey("RS256").publicKey.export({ type: "spki", format: "pem" });
    const hmac = (text: string, secret: string | Uint8Array) =>
      createHmac("sha256", secret).update(text).digest("base64url");
    const hs256 = `${base64({ alg: "HS256", kid: "RS256" })}.${payload}`;
    const forge = (more: Record<string, unknown>, key = thief) =>
      issuer.token(clock.now(), claims, { key, header: more });
    const forgeries: Record<string, string> = {
      "none": new UnsecuredJWT(claims).encode(),
      "none in capitals": `${base64({ alg: "NONE" })}.${payload}.`,
      "HS256 with the public key": `${hs256}.${hmac(hs256, publicPem)}`,
      "HS256 with the key's DER": `${hs256}.${
        hmac(hs256, issuerKey("RS256").publicKey.export({ type: "spki", format: "der" }))
      }`,
      "another key of the same id": await forge({}),
      "another key of no id": await forge({ kid: undefined }),
      "a key in the header": await forge({ jwk: thief.publicKey.export({ format: "jwk" }) }),
      "a key elsewhere": await forge({ jku: `${issuer.url}/thief`, x5u: `${issuer.url}/thief` }),
      "a path for an id": await forge({ kid: "../../../../dev/null" }),
      "a critical header": `${base64({ alg: "RS256", kid: "RS256", crit: ["x"], x: 1 })}.${payload}.${signature}`,
      "an algorithm that is not allowed": await issuer.token(clock.now(), {}, {
        key: { ...issuerKey("RS256"), alg: "RS384" },
      }),
      "one that is not that key's": await issuer.token(clock.now(), {}, {
        key: { ...issuerKey("RS256"), alg: "PS256" },
      }),
      "a curve that is not that key's": await issuer.token(clock.now(), {}, {
        key: { ...issuerKey("ES384"), kid: "ES256" },
      }),
      "the signature of another": `${header}.${base64({ ...claims, sub: "admin" })}.${signature}`,
      "no signature": `${header}.${payload}.`,
      "changed bits": `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
      "two signatures": `${good}.${signature}`,
    };
    for (const [what, token] of Object.entries(forgeries)) {
      const verdict = await outcome(authenticator, token);
      expect([what, verdict]).not.toEqual([what, expect.stringContaining("jane")]);
      expect([what, verdict]).not.toEqual([what, expect.stringContaining("admin")]);
    }
    expect(issuer.asked).not.toContain("/realm/thief");
  });

  it("are verified by new keys as soon as one is used, and no more by those withdrawn", async () => {
    const authenticator = await open();
    const [old, next] = [issuerKey("RS256"), issuerKey("RS256", "next")];
    const before = await issuer.token(clock.now());
    expect(await outcome(authenticator, before)).toBe("jane []");
    issuer.keys = [next];
    const after = await issuer.token(clock.now());
    // Strangers must not make this server knock again and again.
    expect(await outcome(authenticator, after)).toContain("no applicable key");
    expect(await outcome(authenticator, before)).toBe("jane []");
    await clock.advance(5_000);
    expect(await outcome(authenticator, after)).toBe("jane []");
    expect(await outcome(authenticator, before)).toContain("no applicable key");
    issuer.keys = [next, old];
    await clock.advance(5_000);
    expect(await outcome(authenticator, before)).toBe("jane []");
    issuer.keys = [next];
    await clock.advance(601_000);
    const current = await issuer.token(clock.now());
    expect(await outcome(authenticator, current)).toBe("jane []");
    const asked = issuer.asked.length;
    expect(await outcome(authenticator, current)).toBe("jane []");
    expect(issuer.asked.length - asked).toBeLessThanOrEqual(2);
  });

  it("are refused until the issuer can be reached, and by an issuer that is another", async () => {
    issuer.down = true;
    const authenticator = await open();
    expect(await tell(authenticator, {})).toBe("the issuer's keys could not be fetched yet");
    issuer.down = false;
    expect(await tell(authenticator, {})).toBe("the issuer's keys could not be fetched yet");
    await clock.advance(5_000);
    expect(await tell(authenticator, {})).toBe("jane []");
    issuer.claimedUrl = "https://elsewhere.example.org";
    const other = await open();
    expect(await tell(other, {})).toBe("the issuer's keys could not be fetched yet");
    const stranger = await open({}, { issuer: { url: issuer.url, audiences: ["skiff"] } });
    expect(await tell(stranger, {})).toBe("the issuer's keys could not be fetched yet");
  });

  it("are mapped and checked by expressions", async () => {
    const at = (expression: string) => ({ expression, place: "here" });
    const authenticator = await open({}, {
      claimMappings: {
        username: at("claims.email_verified ? claims.email : claims.sub"),
        groups: at("claims.roles.split(',').map(role, 'team:' + role)"),
        uid: at("claims.kubernetes__dot__io.uid"),
        extra: [
          { key: "example.org/admin", valueExpression: at("has(claims.admin) && claims.admin ? 'true' : ''") },
          { key: "example.org/tiers", valueExpression: at("claims.?tiers.orValue([])") },
        ],
      },
      claimValidationRules: [{ ...at("claims.exp - claims.iat <= 3600"), message: "it lives too long" }],
      userValidationRules: [
        { ...at("!user.username.startsWith('system:')"), message: "such names are taken" },
        { ...at("user.groups.all(group, group.startsWith('team:'))"), message: "" },
      ],
    });
    const claims = {
      email: "jane@example.org",
      email_verified: true,
      roles: "a,b",
      "kubernetes.io": { uid: "u1" },
      tiers: ["x", "", "y"],
    };
    expect(await authenticator.find(await issuer.token(clock.now(), claims))).toEqual({
      name: "jane@example.org",
      uid: "u1",
      groups: ["team:a", "team:b"],
      extra: { "example.org/tiers": ["x", "y"] },
    });
    expect(await tell(authenticator, { ...claims, email_verified: false, sub: "system:admin" })).toBe(
      "here does not hold: such names are taken",
    );
    expect(await tell(authenticator, { ...claims, exp: clock.now() / 1000 + 7200 })).toBe(
      "here does not hold: it lives too long",
    );
    expect(await tell(authenticator, { ...claims, roles: undefined as never })).toContain("No such key: roles");
    expect(await tell(authenticator, { ...claims, "kubernetes.io": { uid: 7 } })).toBe(
      "here does not evaluate to a text",
    );
    const mappings = (username: string) => ({ claimMappings: { username: at(username), extra: [] } });
    await expect(open({}, mappings("claims.email"))).rejects.toThrow("claims.email_verified must be read");
    await expect(open({}, mappings("claims.sub +"))).rejects.toThrow("here cannot be used: the expression");
    await expect(open({}, { claimValidationRules: [{ ...at("claims.admin"), message: "" }] })).rejects.toThrow(
      "must evaluate to bool",
    );
  });

  it("may say that their groups are elsewhere", async () => {
    const authenticator = await open({ groupsClaim: "groups", groupsPrefix: "" });
    const endpoint = `${issuer.url}/groups`;
    const distributed = {
      _claim_names: { groups: "src" },
      _claim_sources: { src: { endpoint, access_token: "open" } },
    };
    const groups = await issuer.token(clock.now(), { groups: ["far", "away"] });
    issuer.paths.set("/realm/groups", ({ headers }) => headers.authorization === "Bearer open" ? groups : undefined);
    expect(await tell(authenticator, distributed)).toBe("jane [far,away]");
    expect(await tell(authenticator, { ...distributed, groups: ["own"] })).toBe("jane [own]");
    expect(await tell(authenticator, { ...distributed, _claim_sources: {} })).toContain("names no source");
    expect(await tell(authenticator, { ...distributed, _claim_sources: { src: { endpoint } } })).toContain("failed");
    const plain = { src: { endpoint: endpoint.replace("https", "http") } };
    expect(await tell(authenticator, { ...distributed, _claim_sources: plain })).toContain("not reached by https");
    issuer.paths.set("/realm/groups", () => new UnsecuredJWT({ iss: issuer.url, groups: ["system:masters"] }).encode());
    expect(await tell(authenticator, distributed)).not.toContain("jane");
    const expired = await issuer.token(clock.now() - 3_600_000, { groups: ["old"] });
    issuer.paths.set("/realm/groups", () => expired);
    expect(await tell(authenticator, distributed)).toBe("it has expired");
  });
});

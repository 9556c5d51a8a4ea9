import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../api/clock.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { certificatePem, testAuthority } from "../../../tests/fixtures/certificates.ts";
import type { TokenRequestFacts } from "../contract.ts";
import { serviceAccountTokens } from "./service_account_tokens.ts";
import { jsonWebKeySet, type KeyText, readTokenKeys } from "./token_keys.ts";

const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
const [p256, p384, p521] = [ec("P-256"), ec("P-384"), ec("P-521")];
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = (key: KeyObject, type: "pkcs8" | "pkcs1" | "sec1" | "spki") =>
  key.export({ type: type as "pkcs8", format: "pem" });
const text = (...parts: unknown[]): KeyText => ({ text: parts.join("some words\n"), file: "keys.pem" });

const facts: TokenRequestFacts = {
  namespace: "a",
  serviceAccount: { name: "robot", uid: "u1" },
  audiences: [],
  expirationSeconds: 3607,
  boundObject: { kind: "Pod", apiVersion: "v1", name: "web", uid: "u1" },
};

function tokensOf(signing: KeyText, further: readonly KeyText[] = [], issuers: readonly string[] = ["https://a"]) {
  return serviceAccountTokens({
    keys: readTokenKeys(signing, further),
    issuers,
    audiences: ["api"],
    extendExpiration: true,
    lookup: async (_, __, name) => ({ metadata: { name, uid: "u1" } }) as KubeObject,
    clock: new ManualClock(),
  });
}

describe("the keys of service-account tokens", () => {
  it("are rotated without a token becoming void", async () => {
    const old = tokensOf(text(pem(p256.privateKey, "pkcs8")));
    const { token } = await old.issue(facts);
    // First the new key is made known, then it signs, then the old one goes.
    const known = tokensOf(text(pem(p256.privateKey, "pkcs8"), pem(rsa.publicKey, "spki")));
    const signing = tokensOf(text(pem(rsa.privateKey, "pkcs1"), pem(p256.privateKey, "sec1")));
    const gone = tokensOf(text(pem(rsa.privateKey, "pkcs8")));
    const next = (await signing.issue(facts)).token;
    const takes = async (tokens: typeof old, one: string) =>
      await tokens.authenticateToken(one, ["api"]).then((answer) => answer !== undefined, () => false);
    expect(await Promise.all([old, known, signing, gone].map((tokens) => takes(tokens, token)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(await Promise.all([old, known, signing, gone].map((tokens) => takes(tokens, next)))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(decodeProtectedHeader(next)).toEqual({ alg: "RS256", kid: signing.jwks.keys[0]!["kid"] });
    expect(signing.jwks.keys.map((key) => Object.keys(key).join())).toEqual([
      "use,kty,kid,alg,n,e",
      "use,kty,kid,crv,alg,x,y",
    ]);
    expect(signing.jwks.keys.map(({ alg, kid }) => [alg, kid])).toEqual([
      ["RS256", gone.jwks.keys[0]!["kid"]],
      ["ES256", old.jwks.keys[0]!["kid"]],
    ]);
  });

  it("may have a new issuer beside them while the old one's tokens are in use", async () => {
    const key = text(pem(p384.privateKey, "pkcs8"));
    const { token } = await tokensOf(key).issue(facts);
    const both = tokensOf(key, [], ["https://b", "https://a"]);
    expect(await both.authenticateToken(token, ["api"])).toBeDefined();
    expect(await tokensOf(key, [], ["https://b"]).authenticateToken(token, ["api"])).toBe(undefined);
  });

  it("are all shown, and of none the private part", async () => {
    const authority = certificatePem(await testAuthority());
    const { signing, verification } = readTokenKeys(text(pem(p521.privateKey, "sec1")), [
      text(pem(p384.publicKey, "spki"), authority),
      text(pem(rsa.publicKey, "pkcs1"), pem(p521.publicKey, "spki")),
    ]);
    expect(signing.algorithm).toBe("ES512");
    const { keys } = jsonWebKeySet({ verification });
    expect(keys.map(({ alg, kty, crv, use }) => [alg, kty, crv, use])).toEqual([
      ["ES512", "EC", "P-521", "sig"],
      ["ES384", "EC", "P-384", "sig"],
      ["ES256", "EC", "P-256", "sig"],
      ["RS256", "RSA", undefined, "sig"],
    ]);
    for (const key of keys) for (const secret of ["d", "p", "q", "dp", "k"]) expect(key).not.toHaveProperty(secret);
  });

  it("that cannot be used are refused by their file", () => {
    const cases: [KeyText, string][] = [
      [text(""), "keys.pem: it holds no key in PEM"],
      [text(pem(rsa.publicKey, "spki")), "keys.pem: its first key signs, so it must be a private one"],
      [text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"), "keys.pem: a key in it cannot be read"],
      [text(pem(generateKeyPairSync("ed25519").privateKey, "pkcs8")), "is none for tokens: take RSA"],
    ];
    for (const [key, message] of cases) expect(() => readTokenKeys(key)).toThrow(message);
  });

  it("issue tokens of a year to Pods that ask for the usual hour of the API server", async () => {
    const tokens = tokensOf(text(pem(p256.privateKey, "pkcs8")));
    const claims = async (more: Partial<TokenRequestFacts>) => {
      const { token, expirationTimestamp } = await tokens.issue({ ...facts, ...more });
      const { exp, iat, "kubernetes.io": own } = JSON.parse(
        atob(token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/")),
      );
      expect(Date.parse(expirationTimestamp) / 1000 - iat).toBe(more.expirationSeconds ?? 3607);
      return [exp - iat, own.warnafter && own.warnafter - iat];
    };
    const { boundObject: _, ...unbound } = facts;
    expect(await claims({})).toEqual([365 * 24 * 3600, 3607]);
    expect(await claims({ expirationSeconds: 3600 })).toEqual([3600, undefined]);
    expect(await claims({ audiences: ["vault"] })).toEqual([3607, undefined]);
    expect(await claims({ audiences: ["api", "vault"] })).toEqual([3607, undefined]);
    expect(await claims({ ...unbound, boundObject: { ...facts.boundObject!, kind: "Secret" } })).toEqual([
      3607,
      undefined,
    ]);
  });
});

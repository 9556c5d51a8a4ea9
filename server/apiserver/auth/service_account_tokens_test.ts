import { createHmac, createPublicKey } from "node:crypto";
import { decodeJwt, importPKCS8, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../api/clock.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { ObjectMeta } from "../../../api/types/meta_v1.ts";
import { issueSigningKey } from "../../pki/issue.ts";
import type { TokenRequestFacts } from "../contract.ts";
import type { ObjectLookup } from "./bound_objects.ts";
import { serviceAccountTokens } from "./service_account_tokens.ts";
import { readTokenKeys } from "./token_keys.ts";

const issuer = "https://kubernetes.default.svc.cluster.local";

async function setUp() {
  const key = await issueSigningKey();
  const clock = new ManualClock();
  const objects = new Map<string, ObjectMeta>([
    ["serviceaccounts a/robot", { name: "robot", uid: "u1" }],
    ["pods a/web", { name: "web", uid: "u2" }],
    ["nodes /edge", { name: "edge", uid: "u3" }],
  ]);
  const lookup: ObjectLookup = async (resource, namespace, name) => {
    const metadata = objects.get(`${resource} ${namespace}/${name}`);
    return metadata && { metadata } as KubeObject;
  };
  const audiences = [issuer];
  const authenticator = serviceAccountTokens({
    keys: readTokenKeys({ text: key, file: "key" }),
    issuers: [issuer],
    audiences,
    extendExpiration: true,
    lookup,
    clock,
  });
  const userOf = async (token: string) => (await authenticator.authenticateToken(token, audiences))?.user;
  return { key, clock, objects, tokens: authenticator, userOf };
}

const facts: TokenRequestFacts = {
  namespace: "a",
  serviceAccount: { name: "robot", uid: "u1" },
  audiences: [],
  expirationSeconds: 600,
  boundObject: { kind: "Pod", apiVersion: "v1", name: "web", uid: "u2" },
  node: { name: "edge", uid: "u3" },
};

describe("serviceAccountTokens", () => {
  it("issues tokens with upstream's claims and knows them again", async () => {
    const { tokens, userOf, clock } = await setUp();
    const { token, expirationTimestamp } = await tokens.issue(facts);
    expect(expirationTimestamp).toBe(formatTime(clock.now() + 600_000));
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({
      iss: issuer,
      sub: "system:serviceaccount:a:robot",
      aud: [issuer],
      "kubernetes.io": {
        namespace: "a",
        serviceaccount: { name: "robot", uid: "u1" },
        pod: { name: "web", uid: "u2" },
        node: { name: "edge", uid: "u3" },
      },
    });
    expect(await userOf(token)).toEqual({
      name: "system:serviceaccount:a:robot",
      uid: "u1",
      groups: ["system:serviceaccounts", "system:serviceaccounts:a"],
      extra: {
        "authentication.kubernetes.io/credential-id": [`JTI=${claims.jti}`],
        "authentication.kubernetes.io/pod-name": ["web"],
        "authentication.kubernetes.io/pod-uid": ["u2"],
        "authentication.kubernetes.io/node-name": ["edge"],
        "authentication.kubernetes.io/node-uid": ["u3"],
      },
    });
  });

  it("refuses a token after its time, a minute's leeway given", async () => {
    const { tokens, userOf, clock } = await setUp();
    const { token } = await tokens.issue(facts);
    await clock.advance(630_000);
    expect(await userOf(token)).toBeDefined();
    await clock.advance(31_000);
    await expect(userOf(token)).rejects.toMatchObject({ reason: "token" });
  });

  it("refuses a token whose account or Pod is gone, replaced or deleted", async () => {
    const { tokens, userOf, clock, objects } = await setUp();
    const { token } = await tokens.issue(facts);
    const cases: [string, ObjectMeta | undefined][] = [
      ["pods a/web", undefined],
      ["pods a/web", { name: "web", uid: "another" }],
      ["pods a/web", { name: "web", uid: "u2", deletionTimestamp: formatTime(clock.now() - 61_000) }],
      ["serviceaccounts a/robot", { name: "robot", uid: "another" }],
      ["serviceaccounts a/robot", undefined],
    ];
    for (const [key, object] of cases) {
      const before = objects.get(key)!;
      if (object === undefined) objects.delete(key);
      else objects.set(key, object);
      await expect(userOf(token)).rejects.toMatchObject({ reason: "token" });
      objects.set(key, before);
    }
    objects.set("pods a/web", { name: "web", uid: "u2", deletionTimestamp: formatTime(clock.now() + 30_000) });
    expect(await userOf(token)).toBeDefined();
  });

  it("refuses other audiences, unless a review asks for them", async () => {
    const { tokens, userOf } = await setUp();
    const { token } = await tokens.issue({ ...facts, audiences: ["vault", "other"] });
    await expect(userOf(token)).rejects.toMatchObject({ reason: "token" });
    expect(await tokens.authenticateToken(token, ["x", "vault"])).toMatchObject({
      audiences: ["vault"],
      user: { uid: "u1" },
    });
  });

  it("refuses forgeries: other keys, other algorithms, none, and bits changed", async () => {
    const { tokens, userOf, key, clock } = await setUp();
    const { token } = await tokens.issue(facts);
    const claims = decodeJwt(token);
    const [header, payload, signature] = token.split(".") as [string, string, string];
    const forged = { ...claims, sub: "system:serviceaccount:a:admin" };
    const otherKey = await importPKCS8(await issueSigningKey(), "ES256");
    // The classic confusion: the public key's text taken for an HMAC secret.
    const hmacHeader = btoa(JSON.stringify({ alg: "HS256" })).replace(/=+$/, "");
    const secret = createPublicKey(key).export({ type: "spki", format: "pem" }) as string;
    const hmac = createHmac("sha256", secret).update(`${hmacHeader}.${payload}`).digest("base64url");
    const forgeries = [
      await new SignJWT(forged).setProtectedHeader({ alg: "ES256" }).sign(otherKey),
      new UnsecuredJWT(claims).encode(),
      `${hmacHeader}.${payload}.${hmac}`,
      `${header}.${btoa(JSON.stringify(forged)).replace(/=+$/, "")}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${payload}.`,
    ];
    for (const forgery of forgeries) {
      await expect(userOf(forgery)).rejects.toMatchObject({ reason: "token" });
    }
    expect(clock.pending).toBe(0);
  });

  it("leaves what is no token of its own to others", async () => {
    const { userOf } = await setUp();
    const foreign = new UnsecuredJWT({ iss: "https://elsewhere" }).encode();
    for (const token of ["", "x", "a.b.c", foreign, "y".repeat(100_000)]) {
      expect(await userOf(token)).toBe(undefined);
    }
  });

  it("shows its public key, and that alone", async () => {
    const { tokens } = await setUp();
    const [jwk] = tokens.jwks.keys;
    expect(jwk).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig" });
    expect(jwk).not.toHaveProperty("d");
  });
});

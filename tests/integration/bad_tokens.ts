import { Buffer } from "node:buffer";
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from "jose";
import { nodes, pods, secrets, serviceaccounts } from "../../api/resources.ts";
import { issuerKey, type TestIssuer } from "../../server/apiserver/auth/oidc/testing/issuer.ts";
import { retry } from "../e2e/retry.ts";
import type { AccessWorld } from "./access_world.ts";

/** Bearer tokens that look like good ones and must let nobody in, by what is wrong with them. */
export async function badTokens(world: AccessWorld, issuer: TestIssuer): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["unknown", "no-such-token"],
    ["a bootstrap token of no Secret", "abcdef.0123456789abcdef"],
    ["a join token of another cluster", "node:0123456789abcdef"],
    ...await forged("service account", await world.token("x"), createPrivateKey(world.pki.serviceAccountKey)),
    ...await forged("issuer", await issuer.token(Date.now(), { sub: "everything" }), issuerKey("RS256").privateKey),
    ...await wrongClaims(world),
    ...await revoked(world),
    ["issuer: for somebody else", await issuer.token(Date.now(), { aud: "other" })],
    ["issuer: expired", await issuer.token(Date.now() - 3_600_000)],
    ["issuer: another issuer", await issuer.token(Date.now(), { iss: `${issuer.url}/other` })],
  ]);
}

/** What can be made of a good token without the key, and with the wrong one. */
async function forged(kind: string, good: string, key: KeyObject): Promise<[string, string][]> {
  const [header, payload, signature] = good.split(".") as [string, string, string];
  const claims = decodeJwt(good);
  const { alg = "", kid = "" } = decodeProtectedHeader(good);
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const publicKey = createPublicKey(key);
  const pem = publicKey.export({ type: "spki", format: "pem" });
  const der = publicKey.export({ type: "spki", format: "der" });
  const hmac = (secret: string | Uint8Array, alg = "HS256") => {
    const signed = `${base64({ alg, kid })}.${payload}`;
    return `${signed}.${createHmac(alg.replace("HS", "sha"), secret).update(signed).digest("base64url")}`;
  };
  const thief = alg.startsWith("ES")
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const sign = (more: Record<string, unknown>, { privateKey } = thief) =>
    new SignJWT(claims).setProtectedHeader({ alg, kid, ...more }).sign(privateKey);
  const jwk = thief.publicKey.export({ format: "jwk" });
  const tokens: Record<string, string> = {
    "alg none": `${base64({ alg: "none" })}.${payload}.`,
    "alg none with the signature": `${base64({ alg: "none", kid })}.${payload}.${signature}`,
    "alg None": `${base64({ alg: "None", kid })}.${payload}.`,
    "no alg": `${base64({ kid })}.${payload}.${signature}`,
    "HS256 with the public key's PEM": hmac(pem),
    "HS256 with the public key's DER": hmac(der),
    "HS512 with the public key's PEM": hmac(pem, "HS512"),
    "HS256 with nothing": hmac(new Uint8Array(0)),
    "another key, the same id": await sign({}),
    "another key, no id": await sign({ kid: undefined }),
    "another key, an empty id": await sign({ kid: "" }),
    "an id that is a path": await sign({ kid: "../../../../../dev/null" }),
    "an id that is a query": await sign({ kid: "' OR 1=1 --" }),
    "the key in the header": await sign({ jwk }),
    "the key elsewhere": await sign({ jku: "https://127.0.0.1/keys", x5u: "https://127.0.0.1/keys" }),
    "a certificate in the header": await sign({ x5c: [der.toString("base64")] }),
    "ES384": await sign({ alg: "ES384" }, p384),
    "PS256": await sign({ alg: "PS256" }, rsa),
    "the payload changed": `${header}.${
      base64({ ...claims, sub: "system:serviceaccount:kube-system:admin" })
    }.${signature}`,
    "the header changed": `${base64({ alg, kid, typ: "x" })}.${payload}.${signature}`,
    "the signature cut": `${header}.${payload}.${signature.slice(0, -4)}`,
    "a signature of zeros": `${header}.${payload}.${Buffer.alloc(64).toString("base64url")}`,
    "no signature": `${header}.${payload}.`,
    "a critical header": `${base64({ alg, kid, crit: ["b64"], b64: false })}.${payload}.${signature}`,
    "five parts": `${good}.${signature}.${signature}`,
    "JSON serialisation": JSON.stringify({ protected: header, payload, signature }).replaceAll(" ", ""),
  };
  return Object.entries(tokens).map(([what, token]) => [`${kind}: ${what}`, token]);
}

/** Signed by the cluster's own key, as a mistake of ours would be. */
async function wrongClaims(world: AccessWorld): Promise<[string, string][]> {
  const good = await world.token("x");
  const claims = decodeJwt(good);
  const { alg = "", kid = "" } = decodeProtectedHeader(good);
  const key = createPrivateKey(world.pki.serviceAccountKey);
  const seconds = Math.floor(Date.now() / 1000);
  const own = claims["kubernetes.io"] as { serviceaccount: unknown };
  const cases: Record<string, JWTPayload> = {
    "expired": { iat: seconds - 7200, nbf: seconds - 7200, exp: seconds - 3600 },
    "not valid yet": { nbf: seconds + 3600, exp: seconds + 7200 },
    "without an end": { exp: undefined as never },
    "an end that is no number": { exp: "later" as never },
    "for nobody": { aud: [] },
    "another issuer": { iss: "https://elsewhere.example.org" },
    "another account": { sub: "system:serviceaccount:team:nobody" },
    "an account of another id": { "kubernetes.io": { ...own, serviceaccount: { name: "x", uid: "other" } } },
    "no account": { "kubernetes.io": {} },
    "a legacy token of no Secret": {
      ...{ iss: "kubernetes/serviceaccount", aud: undefined as never },
      "kubernetes.io/serviceaccount/namespace": "team",
      "kubernetes.io/serviceaccount/secret.name": "none",
      "kubernetes.io/serviceaccount/service-account.name": "x",
      "kubernetes.io/serviceaccount/service-account.uid": "x",
    },
  };
  const made = Object.entries(cases).map(async ([what, change]): Promise<[string, string]> => [
    `service account: ${what}`,
    await new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg, kid }).sign(key),
  ]);
  return [...await Promise.all(made), [
    "service account: for somebody else",
    await world.token("x", { audiences: ["vault"] }),
  ]];
}

/** Good ones, whose Pod, Secret, Node or account is gone since. */
async function revoked(world: AccessWorld): Promise<[string, string][]> {
  const { admin } = world;
  const team = (name: string) => ({ name, namespace: "team" });
  await admin.create(serviceaccounts, { metadata: team("brief") });
  const spec = { serviceAccountName: "x", containers: [{ name: "c", image: "i" }] };
  await admin.create(pods, { metadata: team("brief"), spec });
  await admin.create(nodes, { metadata: { name: "brief" }, spec: {} });
  await admin.create(secrets, { metadata: team("brief") });
  await admin.create(secrets, {
    metadata: { ...team("legacy"), annotations: { "kubernetes.io/service-account.name": "x" } },
    type: "kubernetes.io/service-account-token",
  });
  const boundTo = (kind: string) => world.token("x", { boundObjectRef: { kind, apiVersion: "v1", name: "brief" } });
  const [pod, secret, node, account] = [
    await boundTo("Pod"),
    await boundTo("Secret"),
    await boundTo("Node"),
    await world.token("brief"),
  ];
  const legacy = await retry("the legacy token", async () => {
    const { data } = await admin.get(secrets, team("legacy"));
    if (!data?.["token"]) throw new Error("the Secret is not filled yet");
    return atob(data["token"]);
  });
  await admin.delete(pods, team("brief"), { gracePeriodSeconds: 0 });
  await admin.delete(nodes, { name: "brief" });
  await admin.delete(serviceaccounts, team("brief"));
  for (const name of ["brief", "legacy"]) await admin.delete(secrets, team(name));
  return [
    ["a Pod's, which is gone", pod],
    ["a Secret's, which is gone", secret],
    ["a Node's, which is gone", node],
    ["an account's, which is gone", account],
    ["a legacy one, whose Secret is gone", legacy],
  ];
}

import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { Buffer } from "node:buffer";
import * as tls from "node:tls";
import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createClientCertificateVerifier } from "./verify_client_certificate.ts";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
} as const;
const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;

async function keys(algorithm: typeof EC | typeof RSA = EC): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
}

interface Issued {
  readonly certificate: x509.X509Certificate;
  readonly keys: CryptoKeyPair;
}

async function authority(name = "test-ca", algorithm: typeof EC | typeof RSA = EC): Promise<Issued> {
  const pair = await keys(algorithm);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys: pair,
    notBefore: new Date(NOW - 10 * DAY),
    notAfter: new Date(NOW + 1000 * DAY),
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  }, crypto);
  return { certificate, keys: pair };
}

interface Wish {
  subject?: x509.JsonName;
  issuer?: string;
  notBefore?: number;
  notAfter?: number;
  extensions?: x509.Extension[];
  algorithm?: typeof EC | typeof RSA;
}

async function client(ca: Issued, wish: Wish = {}): Promise<Issued> {
  const pair = await keys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: wish.subject ?? [{ CN: ["jane"] }, { O: ["team-a"] }],
    issuer: wish.issuer ?? ca.certificate.subject,
    notBefore: new Date(wish.notBefore ?? NOW - DAY),
    notAfter: new Date(wish.notAfter ?? NOW + DAY),
    publicKey: pair.publicKey,
    signingKey: ca.keys.privateKey,
    signingAlgorithm: wish.algorithm ?? EC,
    extensions: wish.extensions ?? [new x509.ExtendedKeyUsageExtension([CLIENT_AUTH], true)],
  }, crypto);
  return { certificate, keys: pair };
}

function der(issued: Issued): Uint8Array {
  return new Uint8Array(issued.certificate.rawData);
}

async function privatePem(issued: Issued): Promise<string> {
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", issued.keys.privateKey);
  const body = Buffer.from(pkcs8).toString("base64").match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`;
}

describe("createClientCertificateVerifier", () => {
  it("answers who a client of the authority is", async () => {
    const ca = await authority();
    const verify = createClientCertificateVerifier(ca.certificate.toString("pem"), { now: () => NOW });
    const shown = der(
      await client(ca, { subject: [{ O: ["system:masters"] }, { O: ["b,c\nO=d"] }, { CN: ["jané"] }] }),
    );
    const expected = {
      ok: true,
      commonName: "jané",
      organizations: ["system:masters", "b,c\nO=d"],
      notAfter: NOW + DAY,
    };
    expect(verify(shown)).toEqual(expected);
    expect(verify(new X509Certificate(shown))).toEqual(expected);
  });

  it("takes RSA authorities, several authorities, and certificates for any use", async () => {
    const [first, second] = [await authority("one", RSA), await authority("two")];
    const pem = first.certificate.toString("pem") + "\n" + second.certificate.toString("pem");
    const verify = createClientCertificateVerifier(pem, { now: () => NOW });
    expect(verify(der(await client(first, { algorithm: RSA })))).toMatchObject({ ok: true });
    expect(verify(der(await client(second, { extensions: [] })))).toMatchObject({ ok: true });
    const any = [new x509.ExtendedKeyUsageExtension(["2.5.29.37.0"])];
    expect(verify(der(await client(second, { extensions: any })))).toMatchObject({ ok: true });
  });

  it("says why it refuses", async () => {
    const ca = await authority();
    const impostor = await authority();
    const verify = createClientCertificateVerifier(ca.certificate.toString("pem"), { now: () => NOW });
    const cases: [string, Uint8Array][] = [
      ["untrusted", der(await client(impostor))],
      ["untrusted", der(await client(ca, { issuer: "CN=someone else" }))],
      ["untrusted", der(impostor)],
      ["expired", der(await client(ca, { notAfter: NOW - 1000 }))],
      ["notYetValid", der(await client(ca, { notBefore: NOW + 1000 }))],
      ["wrongUsage", der(await client(ca, { extensions: [new x509.ExtendedKeyUsageExtension([SERVER_AUTH])] }))],
      [
        "unknownCriticalExtension",
        der(await client(ca, { extensions: [new x509.Extension("1.2.3.4", true, new Uint8Array([5, 0]))] })),
      ],
      ["malformed", new Uint8Array([0x30, 0x03, 1, 2, 3])],
      ["malformed", new Uint8Array()],
      ["malformed", der(ca).subarray(0, 100)],
    ];
    for (const [reason, shown] of cases) expect(verify(shown)).toEqual({ ok: false, reason });
  });

  it("refuses one of an authority's clients as soon as it has expired, remembered or not", async () => {
    const ca = await authority();
    let now = NOW;
    const verify = createClientCertificateVerifier(ca.certificate.toString("pem"), { now: () => now });
    const shown = der(await client(ca));
    expect(verify(shown).ok).toBe(true);
    now = NOW + 2 * DAY;
    expect(verify(shown)).toEqual({ ok: false, reason: "expired" });
    now = NOW - 2 * DAY;
    expect(verify(shown)).toEqual({ ok: false, reason: "notYetValid" });
  });

  it("never trusts a certificate in which any one byte was changed", async () => {
    const ca = await authority();
    const verify = createClientCertificateVerifier(ca.certificate.toString("pem"), { now: () => NOW });
    const shown = der(await client(ca));
    for (let i = 0; i < shown.length; i++) {
      const changed = shown.slice();
      changed[i]! ^= 0x01;
      const verdict = verify(changed);
      if (verdict.ok) throw new Error(`accepted with byte ${i} changed`);
    }
  });

  it("wants an authority", async () => {
    const ca = await authority();
    const leaf = await client(ca);
    expect(() => createClientCertificateVerifier("", { now: () => NOW })).toThrow(/no certificate authority/);
    expect(() => createClientCertificateVerifier(leaf.certificate.toString("pem"), { now: () => NOW })).toThrow(
      /no certificate authority among the 1/,
    );
  });

  it("refuses a forged certificate on a resumed TLS session, where Deno calls it authorized", async () => {
    const now = Date.now();
    const lifetime = { notBefore: now - DAY, notAfter: now + DAY };
    const [ca, impostor] = [await authority(), await authority()];
    const server = await client(ca, {
      ...lifetime,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }])],
    });
    const forged = await client(impostor, { ...lifetime, subject: [{ O: ["system:masters"] }, { CN: ["admin"] }] });
    const verify = createClientCertificateVerifier(ca.certificate.toString("pem"), { now: () => NOW });
    const verdicts: unknown[] = [];
    const listener = tls.createServer({
      cert: server.certificate.toString("pem"),
      key: await privatePem(server),
      ca: ca.certificate.toString("pem"),
      requestCert: true,
      rejectUnauthorized: false,
    }, (socket) => {
      const raw = socket.getPeerCertificate(false)?.raw;
      verdicts.push(raw ? verify(new Uint8Array(raw)) : "none shown");
      socket.on("error", () => {});
      socket.end("x");
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port } = listener.address() as { port: number };
    const options = {
      port,
      host: "127.0.0.1",
      servername: "localhost",
      ca: ca.certificate.toString("pem"),
      cert: forged.certificate.toString("pem"),
      key: await privatePem(forged),
      rejectUnauthorized: false,
    };
    let session: Uint8Array | undefined;
    for (let round = 0; round < 3; round++) {
      await new Promise<void>((resolve) => {
        const socket = tls.connect({ ...options, ...(session ? { session: Buffer.from(session) } : {}) });
        socket.on("session", (ticket: Uint8Array) => session = ticket);
        socket.on("error", () => resolve());
        socket.on("close", () => resolve());
        socket.resume();
      });
    }
    await new Promise<void>((resolve) => listener.close(() => resolve()));
    expect(verdicts).toHaveLength(3);
    for (const verdict of verdicts) expect(verdict).not.toMatchObject({ ok: true });
  });
});

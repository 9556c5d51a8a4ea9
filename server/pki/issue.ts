import { isIP } from "node:net";
import { PkiError } from "./error.ts";

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Who a certificate is for, and what for. */
export interface Subject {
  readonly commonName: string;
  /** Groups, for a client. */
  readonly organizations?: readonly string[];
  readonly usage: "client" | "server";
  /** DNS names and IP addresses of a server. */
  readonly names?: readonly string[];
}

const DAY = 86_400_000;
const CA_LIFETIME = 3650 * DAY;
const LEAF_LIFETIME = 365 * DAY;

/** Certificates are valid a little before their making, for nodes whose clock is behind. */
const BACKDATE = 3_600_000;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

type X509 = typeof import("@peculiar/x509");
let library: Promise<X509> | undefined;

/** Loaded when something is issued only: a restart with valid certificates does without its 20 MB. */
function x509(): Promise<X509> {
  library ??= import("reflect-metadata").then(() => import("@peculiar/x509"));
  return library;
}

/** A self-signed authority that may sign leaves, but no further authorities. */
export async function issueAuthority(commonName: string, now: number): Promise<KeyPair> {
  const lib = await x509();
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await lib.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(now + CA_LIFETIME),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new lib.BasicConstraintsExtension(true, 0, true),
      new lib.KeyUsagesExtension(
        lib.KeyUsageFlags.digitalSignature | lib.KeyUsageFlags.keyEncipherment | lib.KeyUsageFlags.keyCertSign,
        true,
      ),
      await lib.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await pemOfKey(keys.privateKey) };
}

export async function issueLeaf(authority: KeyPair, subject: Subject, now: number): Promise<KeyPair> {
  const lib = await x509();
  const issuer = new lib.X509Certificate(authority.certificate);
  const signingKey = await importSigningKey(authority.key);
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const usage = subject.usage === "client" ? lib.ExtendedKeyUsage.clientAuth : lib.ExtendedKeyUsage.serverAuth;
  const names = subject.names ?? [];
  const organizations = subject.organizations ?? [];
  const certificate = await lib.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [...organizations.map((o) => ({ O: [o] })), { CN: [subject.commonName] }],
    issuer: issuer.subjectName,
    notBefore: new Date(Math.max(now - BACKDATE, issuer.notBefore.getTime())),
    notAfter: new Date(Math.min(now + LEAF_LIFETIME, issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new lib.BasicConstraintsExtension(false, undefined, true),
      new lib.KeyUsagesExtension(lib.KeyUsageFlags.digitalSignature | lib.KeyUsageFlags.keyEncipherment, true),
      new lib.ExtendedKeyUsageExtension([usage]),
      await lib.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(names.length === 0 ? [] : [new lib.SubjectAlternativeNameExtension(names.map(alternativeName))]),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await pemOfKey(keys.privateKey) };
}

/** An ECDSA P-256 key alone (PKCS #8 PEM), as service-account tokens are signed with. */
export async function issueSigningKey(): Promise<string> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return pemOfKey(keys.privateKey);
}

const dnsName = /^(\*\.)?[a-zA-Z0-9_]([-a-zA-Z0-9_]*[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([-a-zA-Z0-9_]*[a-zA-Z0-9_])?)*$/;

function alternativeName(name: string): { type: "ip" | "dns"; value: string } {
  if (isIP(name) !== 0) return { type: "ip", value: name };
  if (name.length <= 253 && dnsName.test(name)) return { type: "dns", value: name };
  throw new PkiError(
    "badName",
    `${JSON.stringify(name)} cannot be a name of a server certificate: give a DNS name or an IP address`,
  );
}

/** 127 random bits in hexadecimal; the first bit stays clear, since serial numbers are positive. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x01;
  return bytes.toHex();
}

async function pemOfKey(key: CryptoKey): Promise<string> {
  const base64 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key)).toBase64();
  return `-----BEGIN PRIVATE KEY-----\n${base64.replace(/.{64}(?=.)/g, "$&\n")}\n-----END PRIVATE KEY-----\n`;
}

function importSigningKey(pem: string): Promise<CryptoKey> {
  const body = pem.replace(/-----[A-Z ]+-----|\s/g, "");
  return crypto.subtle.importKey("pkcs8", Uint8Array.fromBase64(body), algorithm, false, ["sign"]);
}

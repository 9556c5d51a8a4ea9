import { Buffer } from "node:buffer";
import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { certificatesIn } from "../../client/cluster_token.ts";
import { crossCertificate, keyIdentifier, makeCertificate, signerFacts } from "./certificate.ts";

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
  readonly usage: "client" | "server" | "peer";
  /** DNS names and IP addresses of a server or peer. */
  readonly names?: readonly string[];
}

const DAY = 86_400_000;
const CA_LIFETIME = 3650 * DAY;
/**
 * Servers' certificates outlast clients': a machine whose clock is years ahead goes by it when it looks at them, and must not find them over. Their keys are safe where the
 * authority's is, on the same disk.
 */
const LEAF_LIFETIME: Readonly<Record<Subject["usage"], number>> = {
  client: 365 * DAY,
  server: 5 * 365 * DAY,
  peer: 365 * DAY,
};

/**
 * What is issued here is valid from the epoch on: a machine without a battery for its clock, which starts in 1970, can join its
 * cluster before anybody has told it the time. A beginning protects from nothing, where the key has not been there before.
 */
const EPOCH = 0;
/** Earlier than this release nobody runs it: a clock that says so is wrong, and what it dates would be over before its time. */
const RELEASED = Date.UTC(2026, 0, 1);

/** A self-signed authority. */
export function issueAuthority(commonName: string, now: number): KeyPair {
  const { publicKey, privateKey } = newKeys();
  const der = makeCertificate({
    commonName,
    organizations: [],
    notBefore: EPOCH,
    notAfter: plausible(now) + CA_LIFETIME,
    publicKey,
    role: "authority",
    names: [],
  }, { key: privateKey, keyIdentifier: keyIdentifier(publicKey) });
  return { certificate: pem("CERTIFICATE", der), key: pemOfKey(privateKey) };
}

/** Throws `PkiError` `badName` for a name that none can be. */
export function issueLeaf(authority: KeyPair, subject: Subject, now: number): KeyPair {
  const issuer = new X509Certificate(authority.certificate);
  const { publicKey, privateKey } = newKeys();
  const der = makeCertificate({
    commonName: subject.commonName,
    organizations: subject.organizations ?? [],
    notBefore: Math.max(EPOCH, issuer.validFromDate.getTime()),
    notAfter: Math.min(plausible(now) + LEAF_LIFETIME[subject.usage], issuer.validToDate.getTime()),
    publicKey,
    role: subject.usage,
    names: subject.names ?? [],
  }, { ...signerFacts(issuer.raw), key: createPrivateKey(authority.key) });
  return { certificate: pem("CERTIFICATE", der) + intermediatesOf(authority.certificate), key: pemOfKey(privateKey) };
}

export { certificatesIn };

/** Whether a certificate (PEM) is signed with its own key. */
export function isRoot(text: string): boolean {
  const certificate = new X509Certificate(text);
  return certificate.verify(certificate.publicKey);
}

/** What an authority has beside roots: its certificates that an earlier one has signed, by which those who know that one trust it. */
function intermediatesOf(authority: string): string {
  const [, ...others] = certificatesIn(authority);
  return others.filter((text) => !isRoot(text)).join("");
}

/** The same authority, key and name, for another ten years: what the one vouches for the other does. */
export function extendAuthority(authority: KeyPair, now: number): string {
  const own = new X509Certificate(authority.certificate);
  const facts = signerFacts(own.raw);
  const der = crossCertificate({
    subject: facts.name,
    notBefore: EPOCH,
    notAfter: plausible(now) + CA_LIFETIME,
    publicKey: own.publicKey,
  }, { ...facts, key: createPrivateKey(authority.key) });
  return pem("CERTIFICATE", der);
}

/** The authority's key under its name, signed by another one: who trusts that one then trusts it, too. */
export function crossSign(authority: KeyPair, by: KeyPair): string {
  const [own, other] = [new X509Certificate(authority.certificate), new X509Certificate(by.certificate)];
  const facts = signerFacts(own.raw);
  const der = crossCertificate({
    subject: facts.name,
    notBefore: Math.max(own.validFromDate.getTime(), other.validFromDate.getTime()),
    notAfter: Math.min(own.validToDate.getTime(), other.validToDate.getTime()),
    publicKey: own.publicKey,
  }, { ...signerFacts(other.raw), key: createPrivateKey(by.key) });
  return pem("CERTIFICATE", der);
}

/** The time to count a certificate's end from. */
export function plausible(now: number): number {
  return Math.max(now, RELEASED);
}

/** An ECDSA P-256 key alone (PKCS #8 PEM), as service-account tokens are signed with. */
export function issueSigningKey(): string {
  return pemOfKey(newKeys().privateKey);
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function pemOfKey(key: KeyObject): string {
  return pem("PRIVATE KEY", key.export({ type: "pkcs8", format: "der" }));
}

export function pem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}

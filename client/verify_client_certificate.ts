import { createHash, type KeyObject, X509Certificate } from "node:crypto";
import type { Clock } from "../api/clock.ts";
import { type CertificateFields, readCertificate, sameBytes } from "./_certificate_fields.ts";

export type ClientCertificateVerdict =
  | {
    readonly ok: true;
    readonly commonName: string;
    readonly organizations: readonly string[];
    /** Milliseconds since the epoch. */
    readonly notAfter: number;
  }
  | { readonly ok: false; readonly reason: ClientCertificateRefusal };

export type ClientCertificateRefusal =
  | "malformed"
  /** No certificate of the authority signed it. */
  | "untrusted"
  | "notYetValid"
  | "expired"
  /** Its extended key usage leaves client authentication out. */
  | "wrongUsage"
  /** It has a critical extension that is not understood here. */
  | "unknownCriticalExtension";

/** The certificate a peer showed, parsed or as DER. */
export type ClientCertificateVerifier = (peer: X509Certificate | Uint8Array) => ClientCertificateVerdict;

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ANY_USAGE = "2.5.29.37.0";
/** Key usage, subject alternative name, basic constraints, certificate policies, extended key usage. */
const UNDERSTOOD = new Set(["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.32", "2.5.29.37"]);
const CACHE_LIMIT = 1024;

interface Authority {
  readonly fields: CertificateFields;
  readonly key: KeyObject;
}

/**
 * Decides by itself whether one of the authorities in `caPem` vouches for a client: Deno's `socket.authorized` is true for a forged
 * certificate once its TLS session was resumed, so it must never be asked. Every certificate in `caPem` is a trust anchor, as in Go's CertPool, so
 * intermediates belong in there. Throws `TypeError` when `caPem` holds no authority.
 *
 * Trusted certificates are remembered by fingerprint, the validity dates are looked at each time. Refused ones are not remembered: a
 * stranger could push out everyone else's.
 */
export function createClientCertificateVerifier(caPem: string, clock: Pick<Clock, "now">): ClientCertificateVerifier {
  const authorities = readAuthorities(caPem);
  const trusted = new Map<string, Trusted>();

  return function verify(peer) {
    const der = peer instanceof Uint8Array ? peer : peer.raw;
    const fingerprint = createHash("sha256").update(der).digest("base64");
    let known = trusted.get(fingerprint);
    if (known) {
      trusted.delete(fingerprint);
    } else {
      const answer = judge(der, authorities, clock.now());
      if (typeof answer === "string") return { ok: false, reason: answer };
      known = answer;
      if (trusted.size >= CACHE_LIMIT) trusted.delete(trusted.keys().next().value!);
    }
    trusted.set(fingerprint, known);
    const late = outsideValidity(known.leaf, clock.now()) ?? outsideValidity(known.authority, clock.now());
    if (late) return { ok: false, reason: late };
    const { commonName, organizations, notAfter } = known.leaf;
    return { ok: true, commonName, organizations, notAfter };
  };
}

interface Trusted {
  readonly leaf: CertificateFields;
  readonly authority: CertificateFields;
}

function readAuthorities(pem: string): readonly Authority[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const authorities = blocks.map((block) => {
    const certificate = new X509Certificate(block);
    return { fields: readCertificate(certificate.raw), key: certificate.publicKey };
  }).filter((authority) => authority.fields.isAuthority);
  if (authorities.length === 0) {
    throw new TypeError(
      `no certificate authority among the ${blocks.length} certificates given to verify clients with: pass the PEM of the client CA`,
    );
  }
  return authorities;
}

function judge(der: Uint8Array, authorities: readonly Authority[], now: number): Trusted | ClientCertificateRefusal {
  let leaf: CertificateFields;
  let certificate: X509Certificate;
  try {
    leaf = readCertificate(der);
    certificate = new X509Certificate(der);
  } catch {
    return "malformed";
  }
  // The cheap checks first, the signature last.
  const outside = outsideValidity(leaf, now);
  if (outside) return outside;
  if (!allowsClients(leaf)) return "wrongUsage";
  if (leaf.criticalExtensions.some((oid) => !UNDERSTOOD.has(oid))) return "unknownCriticalExtension";
  for (const authority of authorities) {
    if (!sameBytes(authority.fields.subject, leaf.issuer)) continue;
    if (outsideValidity(authority.fields, now) || !allowsClients(authority.fields)) continue;
    if (signedBy(certificate, authority.key)) return { leaf, authority: authority.fields };
  }
  return "untrusted";
}

function outsideValidity(fields: CertificateFields, now: number): "notYetValid" | "expired" | undefined {
  if (now < fields.notBefore) return "notYetValid";
  return now > fields.notAfter ? "expired" : undefined;
}

function allowsClients(fields: CertificateFields): boolean {
  return fields.extendedKeyUsage?.some((usage) => usage === CLIENT_AUTH || usage === ANY_USAGE) ?? true;
}

function signedBy(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.verify(key);
  } catch {
    // The key's type does not fit the signature's.
    return false;
  }
}

import { createPrivateKey, X509Certificate } from "node:crypto";
import { keyIdentifier, signCertificate, signerFacts } from "./certificate.ts";
import type { CertificateRequest } from "./certificate_request.ts";
import { extension } from "../../client/certificate_names.ts";
import { bytes, oid, sequence, TAG, value } from "../../client/der.ts";
import { PkiError } from "./error.ts";
import { type KeyPair, pem, plausible } from "./issue.ts";

/** What the certificate may be used for, in the words of `spec.usages` of a CertificateSigningRequest. */
const keyUsageBits: Readonly<Record<string, number>> = {
  "signing": 0,
  "digital signature": 0,
  "content commitment": 1,
  "key encipherment": 2,
  "data encipherment": 3,
  "key agreement": 4,
  "cert sign": 5,
  "crl sign": 6,
  "encipher only": 7,
  "decipher only": 8,
};

const extendedKeyUsages: Readonly<Record<string, string>> = {
  "any": "2.5.29.37.0",
  "server auth": "1.3.6.1.5.5.7.3.1",
  "client auth": "1.3.6.1.5.5.7.3.2",
  "code signing": "1.3.6.1.5.5.7.3.3",
  "email protection": "1.3.6.1.5.5.7.3.4",
  "s/mime": "1.3.6.1.5.5.7.3.4",
  "ipsec end system": "1.3.6.1.5.5.7.3.5",
  "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
  "ipsec user": "1.3.6.1.5.5.7.3.7",
  "timestamping": "1.3.6.1.5.5.7.3.8",
  "ocsp signing": "1.3.6.1.5.5.7.3.9",
  "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
  "netscape sgc": "2.16.840.1.113730.4.1",
};

/** All usages that can be asked for. */
export const knownUsages: readonly string[] = [...Object.keys(keyUsageBits), ...Object.keys(extendedKeyUsages)]
  .toSorted();

export interface Wanted {
  readonly usages: readonly string[];
  /** Milliseconds. */
  readonly lifetime: number;
}

/** Valid a little before its making, for those whose clock is behind; one of a few hours does not lose it at its end. */
const backdate = 300_000;
const short = 8 * 3_600_000;

/**
 * Signs what a request asks for: its subject and names, and none of its other extensions. Never an authority. PEM. Throws `PkiError`
 * `expired` when the authority has come to its end.
 */
export function signRequest(authority: KeyPair, request: CertificateRequest, wanted: Wanted, now: number): string {
  const issuer = new X509Certificate(authority.certificate);
  const end = issuer.validToDate.getTime();
  if (now >= end) {
    throw new PkiError("expired", `the authority that is to sign expired at ${issuer.validToDate.toISOString()}`);
  }
  const facts = signerFacts(issuer.raw);
  const notAfter = plausible(now) + wanted.lifetime - (wanted.lifetime < short ? 0 : backdate);
  const der = signCertificate({
    subject: request.subject,
    notBefore: Math.max(now - backdate, 0),
    notAfter: Math.min(notAfter, end),
    publicKey: request.publicKey,
    extensions: extensionsOf(request, wanted.usages, facts.keyIdentifier),
  }, { name: facts.name, key: createPrivateKey(authority.key) });
  return pem("CERTIFICATE", der);
}

function extensionsOf(
  { names, publicKey }: CertificateRequest,
  usages: readonly string[],
  authorityKey: Uint8Array | undefined,
): Uint8Array[] {
  const bits = new Set(usages.flatMap((usage) => keyUsageBits[usage] ?? []));
  const extended = new Set(usages.flatMap((usage) => extendedKeyUsages[usage] ?? []));
  const alternatives = [...names.dns, ...names.email, ...names.ip, ...names.uri];
  return [
    ...(bits.size > 0 ? [extension("2.5.29.15", true, bitsOf(bits))] : []),
    ...(extended.size > 0 ? [extension("2.5.29.37", false, sequence(...[...extended].toSorted().map(oid)))] : []),
    extension("2.5.29.19", true, sequence()),
    extension("2.5.29.14", false, value(TAG.octetString, keyIdentifier(publicKey))),
    ...(authorityKey === undefined ? [] : [extension("2.5.29.35", false, sequence(value(0x80, authorityKey)))]),
    ...(alternatives.length > 0 ? [extension("2.5.29.17", false, sequence(...alternatives))] : []),
  ];
}

/** A named bit list: the first bit is the highest of the first byte, and the zeros at the end are left out (X.690, 11.2.2). */
function bitsOf(bits: ReadonlySet<number>): Uint8Array {
  const last = Math.max(...bits);
  const content = new Uint8Array(Math.floor(last / 8) + 1);
  for (const bit of bits) content[Math.floor(bit / 8)]! |= 0x80 >> bit % 8;
  return bytes(TAG.bitString, 7 - last % 8, ...content);
}

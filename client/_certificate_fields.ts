/**
 * The fields of an X.509 certificate that authentication rests on, read from its DER (RFC 5280, 4.1).
 * `node:crypto` gives the subject as text in which a value may hold a line break, and Deno answers the key usage where Node
 * answers the extended one: neither is fit to decide who someone is.
 */
export interface CertificateFields {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** DER of the names, to be compared byte by byte. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Milliseconds since the epoch, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Object identifiers; undefined without the extension, which stands for any use. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** Object identifiers of the extensions that must be understood. */
  readonly criticalExtensions: readonly string[];
  readonly isAuthority: boolean;
}

/** The certificate's bytes are not the DER they should be. */
export class MalformedCertificate extends Error {
  override readonly name = "MalformedCertificate";
}

interface Value {
  readonly tag: number;
  readonly body: Uint8Array;
  /** Tag and length included. */
  readonly whole: Uint8Array;
}

const TAG = {
  boolean: 0x01,
  bitString: 0x03,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
};
const OID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  extendedKeyUsage: "2.5.29.37",
  constraints: "2.5.29.19",
};

function* values(bytes: Uint8Array): Generator<Value> {
  let at = 0;
  while (at < bytes.length) {
    const start = at;
    const tag = bytes[at++]!;
    let length = bytes[at++];
    if (length === undefined || (tag & 0x1f) === 0x1f) throw new MalformedCertificate(`bad header at byte ${start}`);
    if (length & 0x80) {
      const octets = length & 0x7f;
      if (octets === 0 || octets > 3) throw new MalformedCertificate(`bad length at byte ${start}`);
      length = 0;
      for (let i = 0; i < octets; i++) length = length << 8 | (bytes[at++] ?? 0);
    }
    if (at + length > bytes.length) throw new MalformedCertificate(`value at byte ${start} runs past the end`);
    yield { tag, body: bytes.subarray(at, at + length), whole: bytes.subarray(start, at + length) };
    at += length;
  }
}

function expectTag(value: Value | undefined, tag: number, what: string): Value {
  if (value?.tag !== tag) throw new MalformedCertificate(`${what}: tag ${value?.tag ?? "missing"} instead of ${tag}`);
  return value;
}

function objectIdentifier(body: Uint8Array): string {
  const parts: number[] = [];
  let part = 0;
  for (const byte of body) {
    part = part * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (parts.length === 0) parts.push(part < 80 ? Math.floor(part / 40) : 2, part < 80 ? part % 40 : part - 80);
    else parts.push(part);
    part = 0;
  }
  return parts.join(".");
}

function text(value: Value): string {
  if (value.tag !== TAG.utf8 && value.tag !== TAG.printable && value.tag !== TAG.ia5) {
    throw new MalformedCertificate(`name with a string of tag ${value.tag}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value.body);
  } catch (error) {
    throw new MalformedCertificate("name that is not UTF-8", { cause: error });
  }
}

function* attributes(name: Uint8Array): Generator<{ type: string; value: Value }> {
  for (const set of values(name)) {
    for (const attribute of values(expectTag(set, TAG.set, "relative name").body)) {
      const [type, value] = values(expectTag(attribute, TAG.sequence, "name attribute").body);
      if (!value) throw new MalformedCertificate("name attribute without a value");
      yield { type: objectIdentifier(expectTag(type, TAG.oid, "attribute type").body), value };
    }
  }
}

function time(value: Value | undefined): number {
  const digits = value ? new TextDecoder().decode(value.body) : "";
  // Two-digit years below 50 are of this century (RFC 5280, 4.1.2.5.1).
  const full = value?.tag === TAG.utcTime && /^\d{12}Z$/.test(digits)
    ? (Number(digits.slice(0, 2)) < 50 ? "20" : "19") + digits
    : digits;
  if ((value?.tag !== TAG.utcTime && value?.tag !== TAG.generalizedTime) || !/^\d{14}Z$/.test(full)) {
    throw new MalformedCertificate(`validity time ${JSON.stringify(digits)}`);
  }
  const [year, month, day, hour, minute, second] = full.match(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/)!.slice(1).map(
    Number,
  ) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function extensions(body: Uint8Array): Pick<
  CertificateFields,
  "extendedKeyUsage" | "criticalExtensions" | "isAuthority"
> {
  let extendedKeyUsage: string[] | undefined;
  let isAuthority = false;
  const criticalExtensions: string[] = [];
  const seen = new Set<string>();
  const [list] = values(body);
  for (const extension of list ? values(expectTag(list, TAG.sequence, "extensions").body) : []) {
    const parts = [...values(expectTag(extension, TAG.sequence, "extension").body)];
    const oid = objectIdentifier(expectTag(parts[0], TAG.oid, "extension id").body);
    if (seen.has(oid)) throw new MalformedCertificate(`extension ${oid} twice`);
    seen.add(oid);
    if (parts[1]?.tag === TAG.boolean && parts[1].body[0] !== 0) criticalExtensions.push(oid);
    const content = parts.at(-1)!.body;
    if (oid === OID.extendedKeyUsage) {
      const [usages] = values(content);
      extendedKeyUsage = [...values(expectTag(usages, TAG.sequence, "extended key usage").body)]
        .map((usage) => objectIdentifier(expectTag(usage, TAG.oid, "key usage").body));
    } else if (oid === OID.constraints) {
      const [constraints] = values(content);
      const [authority] = values(expectTag(constraints, TAG.sequence, "basic constraints").body);
      isAuthority = authority?.tag === TAG.boolean && authority.body[0] !== 0;
    }
  }
  return { extendedKeyUsage, criticalExtensions, isAuthority };
}

/** Throws {@linkcode MalformedCertificate}. Of several common names the last counts, as in Go's crypto/x509. */
export function readCertificate(der: Uint8Array): CertificateFields {
  const [certificate, trailing] = values(der);
  if (trailing) throw new MalformedCertificate("bytes after the certificate");
  const [signed, algorithm, signature, ...more] = values(expectTag(certificate, TAG.sequence, "certificate").body);
  if (expectTag(signature, TAG.bitString, "signature").body[0] !== 0 || more.length > 0) {
    throw new MalformedCertificate("signature that is not whole bytes at the end");
  }
  const fields = [...values(expectTag(signed, TAG.sequence, "signed part").body)];
  if (fields[0]?.tag === TAG.version) fields.shift();
  // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo, then optional parts by tag
  const innerAlgorithm = expectTag(fields[1], TAG.sequence, "signature algorithm");
  // The outer algorithm is not covered by the signature: RFC 5280, 4.1.1.2 wants the two to be the same.
  if (!algorithm || !sameBytes(innerAlgorithm.whole, algorithm.whole)) {
    throw new MalformedCertificate("two different signature algorithms");
  }
  const issuer = expectTag(fields[2], TAG.sequence, "issuer");
  const [notBefore, notAfter] = values(expectTag(fields[3], TAG.sequence, "validity").body);
  const subject = expectTag(fields[4], TAG.sequence, "subject");
  let commonName = "";
  const organizations: string[] = [];
  for (const { type, value } of attributes(subject.body)) {
    if (type === OID.commonName) commonName = text(value);
    else if (type === OID.organization) organizations.push(text(value));
  }
  return {
    commonName,
    organizations,
    issuer: issuer.whole,
    subject: subject.whole,
    notBefore: time(notBefore),
    notAfter: time(notAfter),
    ...extensions(fields.find((field) => field.tag === TAG.extensions)?.body ?? new Uint8Array()),
  };
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

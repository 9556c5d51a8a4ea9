import { Buffer } from "node:buffer";
import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { alternativeNames, distinguishedName, extension } from "../../client/certificate_names.ts";
import { bitString, bytes, oid, readAll, sequence, TAG, time, value } from "../../client/der.ts";
import { PkiError } from "./error.ts";

/** What a certificate says (RFC 5280). */
export interface CertificateFacts {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: KeyObject;
  /** An authority may sign leaves, and the authority that is to follow it; a peer is client and server. */
  readonly role: "authority" | "client" | "server" | "peer";
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
}

/** Who signs. */
export interface Signer {
  /** DER of its name. */
  readonly name: Uint8Array;
  /** Its subject key identifier, where it has one. */
  readonly keyIdentifier: Uint8Array | undefined;
  readonly key: KeyObject;
}

export interface CertificateParts extends Pick<CertificateFacts, "notBefore" | "notAfter" | "publicKey"> {
  readonly subject: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));
const clientAuth = oid("1.3.6.1.5.5.7.3.2");
const serverAuth = oid("1.3.6.1.5.5.7.3.1");
const usages = { client: [clientAuth], server: [serverAuth], peer: [serverAuth, clientAuth] } as const;

/**
 * Makes a certificate, in DER. Written here rather than taken from a library: an X.509 library costs every start that issues something 20 MB and a
 * fifth of a second, and ours are all of one shape.
 */
export function makeCertificate(
  facts: CertificateFacts,
  signer: Omit<Signer, "name"> & { readonly name?: Uint8Array },
): Buffer {
  const name = distinguishedName(facts);
  return signCertificate(
    { ...facts, subject: name, extensions: extensions(facts, signer.keyIdentifier) },
    { key: signer.key, name: signer.name ?? name },
  );
}

/** An authority's certificate by another authority. */
export function crossCertificate(parts: Omit<CertificateParts, "extensions">, signer: Signer): Buffer {
  const facts = { publicKey: parts.publicKey, role: "authority", names: [] } as const;
  return signCertificate({ ...parts, extensions: extensions(facts, signer.keyIdentifier) }, signer);
}

/** The same of parts that are DER already. */
export function signCertificate(
  { subject, notBefore, notAfter, publicKey, extensions }: CertificateParts,
  { name, key }: Pick<Signer, "name" | "key">,
): Buffer {
  const body = sequence(
    value(0xa0, bytes(TAG.integer, 2)),
    value(TAG.integer, serialNumber()),
    ecdsaWithSha256,
    name,
    sequence(time(notBefore), time(notAfter)),
    subject,
    spki(publicKey),
    value(0xa3, sequence(...extensions)),
  );
  return sequence(body, ecdsaWithSha256, bitString(sign("sha256", body, key)));
}

function extensions(
  facts: Pick<CertificateFacts, "publicKey" | "role" | "names">,
  authorityKey: Uint8Array | undefined,
): Buffer[] {
  const { role, names } = facts;
  const list = [
    extension(
      "2.5.29.19",
      true,
      role === "authority" ? sequence(bytes(TAG.boolean, 0xff), bytes(TAG.integer, 1)) : sequence(),
    ),
    // digitalSignature and keyEncipherment; an authority has keyCertSign beside them.
    extension("2.5.29.15", true, role === "authority" ? bytes(TAG.bitString, 2, 0xa4) : bytes(TAG.bitString, 5, 0xa0)),
    extension("2.5.29.14", false, value(TAG.octetString, keyIdentifier(facts.publicKey))),
  ];
  if (role !== "authority") list.push(extension("2.5.29.37", false, sequence(...usages[role])));
  if (authorityKey !== undefined) list.push(extension("2.5.29.35", false, sequence(value(0x80, authorityKey))));
  if (names.length > 0) list.push(namesOf(names));
  return list;
}

function namesOf(names: readonly string[]): Buffer {
  try {
    return alternativeNames(names);
  } catch (cause) {
    throw new PkiError("badName", (cause as Error).message, { cause });
  }
}

/** 127 random bits; the first bit stays clear, since serial numbers are positive, and the next ones do not all, since they have no padding. */
function serialNumber(): Buffer {
  const number = randomBytes(16);
  number[0] = number[0]! & 0x7f | 0x40;
  return number;
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

/** SHA-1 of the public key's bits (RFC 5280, 4.2.1.2): a name, not a proof. */
export function keyIdentifier(key: KeyObject): Buffer {
  const [info] = readAll(spki(key));
  const [, bits] = readAll(info!.content);
  return createHash("sha1").update(bits!.content.subarray(1)).digest();
}

/** What those need to know of an authority who sign in its name. Throws a RangeError for what is no certificate. */
export function signerFacts(certificate: Uint8Array): Omit<Signer, "key"> {
  const fields = fieldsOf(certificate);
  // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo, extensions
  const name = fields[4];
  if (name === undefined) throw new RangeError("the certificate ends before its subject");
  const [identifier] = readAll(extensionIn(fields, "2.5.29.14"));
  return { name: name.whole, keyIdentifier: identifier?.content };
}

/** Whom a certificate is for by its extended key usage. */
export function usagesOf(certificate: Uint8Array): readonly ("client" | "server")[] {
  const [list] = readAll(extensionIn(fieldsOf(certificate), "2.5.29.37"));
  const ids = readAll(list?.content ?? new Uint8Array());
  return (["client", "server"] as const).filter((usage) => ids.some(({ whole }) => usages[usage][0].equals(whole)));
}

function fieldsOf(certificate: Uint8Array) {
  const [outer] = readAll(certificate);
  const [body] = readAll(outer!.content);
  const fields = readAll(body!.content);
  if (fields[0]?.tag === 0xa0) fields.shift();
  return fields;
}

/** The value of an extension, empty where there is none. */
function extensionIn(fields: ReturnType<typeof readAll>, id: string): Uint8Array {
  const [list] = readAll(fields.find((field) => field.tag === 0xa3)?.content ?? new Uint8Array());
  const wanted = oid(id);
  const found = readAll(list?.content ?? new Uint8Array()).map((one) => readAll(one.content))
    .find(([id]) => id !== undefined && wanted.equals(id.whole));
  return found?.at(-1)?.content ?? new Uint8Array();
}

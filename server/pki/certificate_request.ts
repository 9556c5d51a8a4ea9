import { Buffer } from "node:buffer";
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { oid, type Read, readAll, TAG } from "../../client/der.ts";
import { PkiError } from "./error.ts";

/** What somebody wants a certificate to say (PKCS #10, RFC 2986). */
export interface CertificateRequest {
  /** DER. */
  readonly subject: Uint8Array;
  /** `""` when there is none. */
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Subject alternative names, as DER each, by what they are. */
  readonly names: Readonly<Record<"email" | "dns" | "uri" | "ip", readonly Uint8Array[]>>;
  readonly publicKey: KeyObject;
}

const maxLength = 64 * 1024;

/** By the DER of their object identifiers. */
const signatureHashes: ReadonlyMap<string, string | null> = new Map([
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
  // Ed25519 hashes by itself.
  ["1.3.101.112", null],
].map(([id, hash]) => [oid(id!).toString("hex"), hash!]));

const commonName = oid("2.5.4.3");
const organization = oid("2.5.4.10");
const extensionRequest = oid("1.2.840.113549.1.9.14");
const subjectAltName = oid("2.5.29.17");
const nameTags = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;

/** Reads a request in PEM and proves that its maker has the key. Throws `PkiError` `badRequest`. */
export function readCertificateRequest(pem: string): CertificateRequest {
  try {
    return read(derOf(pem));
  } catch (cause) {
    if (cause instanceof PkiError) throw cause;
    throw new PkiError("badRequest", `the certificate request cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function derOf(pem: string): Uint8Array {
  const base64 = pem.length > maxLength
    ? undefined
    : /-----BEGIN CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE REQUEST-----/.exec(pem)?.[1];
  if (base64 === undefined) throw new PkiError("badRequest", "PEM block type must be CERTIFICATE REQUEST");
  return Buffer.from(base64, "base64");
}

function read(der: Uint8Array): CertificateRequest {
  const [outer] = readAll(der);
  const [body, algorithm, signature] = children(outer);
  const [, subject, spki, attributes] = children(body);
  if (subject === undefined || spki === undefined || signature === undefined) {
    throw new RangeError("it ends before its subject, its key or its signature");
  }
  const publicKey = createPublicKey({ key: Buffer.from(spki.whole), format: "der", type: "spki" });
  const [id] = children(algorithm);
  const hash = signatureHashes.get(Buffer.from(id?.whole ?? []).toString("hex"));
  if (hash === undefined) {
    throw new PkiError("badRequest", "the request is signed by an algorithm that is not known here");
  }
  if (!verify(hash, body!.whole, publicKey, signature.content.subarray(1))) {
    throw new PkiError("badRequest", "the signature of the request does not match its key");
  }
  const texts = (type: Uint8Array) => attributesOf(subject, type);
  const names = alternativeNames(attributes);
  return {
    subject: subject.whole,
    commonName: texts(commonName).at(-1) ?? "",
    organizations: texts(organization),
    names: {
      email: names.filter(({ tag }) => tag === nameTags.email).map(({ whole }) => whole),
      dns: names.filter(({ tag }) => tag === nameTags.dns).map(({ whole }) => whole),
      uri: names.filter(({ tag }) => tag === nameTags.uri).map(({ whole }) => whole),
      ip: names.filter(({ tag }) => tag === nameTags.ip).map(({ whole }) => whole),
    },
    publicKey,
  };
}

function children(read: Read | undefined): Read[] {
  return read === undefined ? [] : readAll(read.content);
}

/** The values of one attribute of a distinguished name, in order. */
function attributesOf(name: Read, type: Uint8Array): string[] {
  return children(name).flatMap(children).flatMap((attribute) => {
    const [id, text] = children(attribute);
    if (id === undefined || text === undefined || id.tag !== TAG.oid || isPadded(id.content)) {
      throw new RangeError("its subject has an attribute without a proper type and value");
    }
    return Buffer.from(type).equals(id.whole) ? [textOf(text)] : [];
  });
}

const printable = 0x13;
const ia5 = 0x16;
const plainTags: ReadonlySet<number> = new Set([TAG.utf8, printable, ia5]);

function textOf({ tag, content }: Read): string {
  if (!plainTags.has(tag)) throw new RangeError("its subject is in an encoding other than UTF-8 and ASCII");
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
}

/** The same identifier in other bytes: who signs would not see what who verifies sees. */
function isPadded(id: Uint8Array): boolean {
  return id.some((byte, i) => byte === 0x80 && (i === 0 || id[i - 1]! < 0x80));
}

function alternativeNames(attributes: Read | undefined): Read[] {
  for (const attribute of children(attributes)) {
    const [id, values] = children(attribute);
    if (!id || !extensionRequest.equals(id.whole)) continue;
    const [list] = children(values);
    for (const extension of children(list)) {
      const parts = children(extension);
      if (!parts[0] || !subjectAltName.equals(parts[0].whole)) continue;
      const content = parts.at(-1);
      if (content?.tag !== TAG.octetString) continue;
      const [names] = readAll(content.content);
      return children(names);
    }
  }
  return [];
}

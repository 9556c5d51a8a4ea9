import { Buffer } from "node:buffer";
import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import { alternativeNames, distinguishedName, type SubjectName } from "./certificate_names.ts";
import { bitString, bytes, oid, sequence, TAG, value } from "./der.ts";

export interface RequestedCertificate extends SubjectName {
  /** DNS names and IP addresses. */
  readonly names?: readonly string[];
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));
const extensionRequest = "1.2.840.113549.1.9.14";

/** A request for a certificate (PKCS #10, RFC 2986), PEM, signed with the ECDSA key that the certificate is for. */
export function makeCertificateRequest(wanted: RequestedCertificate, key: KeyObject): string {
  const names = wanted.names ?? [];
  const attributes = names.length === 0
    ? []
    : [sequence(oid(extensionRequest), value(TAG.set, sequence(alternativeNames(names))))];
  const body = sequence(
    bytes(TAG.integer, 0),
    distinguishedName(wanted),
    spki(key),
    value(0xa0, ...attributes),
  );
  const der = sequence(body, ecdsaWithSha256, bitString(sign("sha256", body, key)));
  return `-----BEGIN CERTIFICATE REQUEST-----\n${
    der.toString("base64").replace(/.{64}(?=.)/g, "$&\n")
  }\n-----END CERTIFICATE REQUEST-----\n`;
}

/** SHA-256 of the public key (DER of its SubjectPublicKeyInfo), hexadecimal: what a node is known by. */
export function keyHashOf(key: KeyObject): string {
  return createHash("sha256").update(spki(key)).digest("hex");
}

function spki(key: KeyObject): Buffer {
  const shown = key.type === "private" ? createPublicKey(key.export({ type: "pkcs8", format: "pem" })) : key;
  return shown.export({ type: "spki", format: "der" });
}

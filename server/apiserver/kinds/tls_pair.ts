import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

const block = /-----BEGIN ([^-]+)-----\r?\n[\s\S]+?-----END \1-----/g;

/** What keeps a certificate and a key, both PEM, from being used together, in the words of Go's TLS; undefined for a pair. */
export function pairProblem(certificate: string, key: string): string | undefined {
  const [first, ...skipped] = blocksOf(certificate, (type) => type === "CERTIFICATE");
  if (first === undefined) {
    if (skipped.length === 0) return "tls: failed to find any PEM data in certificate input";
    return skipped.length === 1 && skipped[0]!.endsWith("PRIVATE KEY")
      ? "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched"
      : `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${
        skipped.join(" ")
      }]`;
  }
  const [keyBlock, ...others] = blocksOf(key, (type) => type === "PRIVATE KEY" || type.endsWith(" PRIVATE KEY"));
  if (keyBlock === undefined) {
    if (others.length === 0) return "tls: failed to find any PEM data in key input";
    return others.length === 1 && others[0] === "CERTIFICATE"
      ? "tls: found a certificate rather than a key in the PEM for the private key"
      : `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${
        others.join(" ")
      }]`;
  }
  let publicKey: KeyObject;
  try {
    publicKey = new X509Certificate(first).publicKey;
  } catch {
    return "x509: malformed certificate";
  }
  let own: KeyObject;
  try {
    own = createPublicKey(createPrivateKey(keyBlock));
  } catch {
    return "tls: failed to parse private key";
  }
  if (own.asymmetricKeyType !== publicKey.asymmetricKeyType) {
    return "tls: private key type does not match public key type";
  }
  return derOf(own) === derOf(publicKey) ? undefined : "tls: private key does not match public key";
}

/** The first block that is wanted, undefined when there is none, and the types of those before it. */
function blocksOf(pem: string, isWanted: (type: string) => boolean): [string | undefined, ...string[]] {
  const skipped: string[] = [];
  for (const [text, type = ""] of pem.matchAll(block)) {
    if (isWanted(type)) return [text, ...skipped];
    skipped.push(type);
  }
  return [undefined, ...skipped];
}

function derOf(key: KeyObject): string {
  return (key.export({ type: "spki", format: "der" }) as Uint8Array).toBase64();
}

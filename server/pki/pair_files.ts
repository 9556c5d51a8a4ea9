import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { PkiError } from "./error.ts";
import { readIfPresent, writeFileAtomically } from "./files.ts";
import type { KeyPair } from "./issue.ts";

/** Where a certificate and its key lie. */
export interface PairPaths {
  readonly certificate: string;
  readonly key: string;
}

export function pathsOf(directory: string, name: string): PairPaths {
  return { certificate: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) };
}

/** The key goes first: a certificate without its key is an error, a key without its certificate an interrupted first start. */
export async function writePair(paths: PairPaths, pair: KeyPair): Promise<void> {
  await writeFileAtomically(paths.key, pair.key, 0o600);
  await writeFileAtomically(paths.certificate, pair.certificate, 0o644);
}

export async function readPair(paths: PairPaths): Promise<KeyPair | undefined> {
  const [certificate, key] = await Promise.all([readIfPresent(paths.certificate), readIfPresent(paths.key)]);
  if (certificate === undefined) return undefined;
  if (key === undefined) {
    throw new PkiError("keyMissing", `${paths.certificate} is there, but not its key ${paths.key}: restore it`);
  }
  let belong: boolean;
  try {
    const held = createPublicKey(createPrivateKey(key)).export({ type: "spki", format: "pem" });
    belong = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "pem" }) === held;
  } catch (cause) {
    throw damaged(paths.certificate, "it or its key cannot be read as PEM", cause);
  }
  if (!belong) throw damaged(paths.certificate, `the key ${paths.key} belongs to another certificate`);
  return { certificate, key };
}

export function damaged(path: string, what: string, cause?: unknown): PkiError {
  return new PkiError("damaged", `${path}: ${what}; restore it from a backup`, { cause });
}

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { Buffer } from "node:buffer";
import type { EncryptionKey } from "./configuration.ts";
import { EncryptionError } from "./error.ts";

/** As kube-apiserver marks what its AES-GCM provider wrote; the key's name and a colon follow. */
const PREFIX = "k8s:enc:aesgcm:v1:";
const NONCE = 12;
const TAG = 16;

export function isSealed(value: string): boolean {
  return value.startsWith("k8s:enc:");
}

/** The name of the key that a value was sealed with; undefined for plain text. */
export function keyOf(value: string): string | undefined {
  return value.startsWith(PREFIX) ? value.slice(PREFIX.length, value.indexOf(":", PREFIX.length)) : undefined;
}

/**
 * `k8s:enc:aesgcm:v1:KEY:` and, in base64, nonce, ciphertext and tag (AES-256-GCM). What is sealed for one place in the datastore does not open in another.
 * Nonces are random: a key is good for 2^32 writes.
 */
export function seal(key: EncryptionKey, place: string, text: string): string {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", key.secret, nonce);
  cipher.setAAD(Buffer.from(place));
  const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${PREFIX}${key.name}:${sealed.toString("base64")}`;
}

/** Plain text comes back as it is. Throws an {@linkcode EncryptionError}. */
export function unseal(keys: ReadonlyMap<string, EncryptionKey>, place: string, value: string): string {
  if (!isSealed(value)) return value;
  const name = keyOf(value);
  const key = name === undefined ? undefined : keys.get(name);
  if (key === undefined) {
    throw new EncryptionError(
      "unknownKey",
      `${place} is encrypted with ${
        name === undefined ? `what ${value.slice(0, 24)}… stands for` : `the key ${name}`
      }, which is not there`,
    );
  }
  const sealed = Buffer.from(value.slice(PREFIX.length + key.name.length + 1), "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key.secret, sealed.subarray(0, NONCE));
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(sealed.subarray(-TAG));
    return decipher.update(sealed.subarray(NONCE, -TAG), undefined, "utf8") + decipher.final("utf8");
  } catch (cause) {
    throw new EncryptionError(
      "damaged",
      `${place} does not decrypt with the key ${key.name}: it or the key has changed`,
      {
        cause,
      },
    );
  }
}

import { ClusterError } from "./error.ts";

/** What tells our format, whatever comes after it. */
const VERSION = 1;
/** OWASP's figure for PBKDF2 with SHA-256; a token that Skiff has made is not to be guessed anyway, a chosen one may be. */
const ITERATIONS = 600_000;
/** A seal that asks for more is no work of ours, and would keep a start busy for minutes. */
const MOST_ITERATIONS = 10_000_000;

interface Sealed {
  readonly version: number;
  readonly kdf: "PBKDF2-SHA256";
  readonly iterations: number;
  /** Base64. */
  readonly salt: string;
  readonly cipher: "AES-256-GCM";
  readonly iv: string;
  readonly data: string;
}

/** Encrypts `text` for those who know `secret`: JSON, with a salt and an IV that are new each time. */
export async function seal(secret: string, text: string, iterations = ITERATIONS): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const key = await keyOf(secret, salt, iterations);
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(text));
  const sealed: Sealed = {
    version: VERSION,
    kdf: "PBKDF2-SHA256",
    iterations,
    salt: salt.toBase64(),
    cipher: "AES-256-GCM",
    iv: iv.toBase64(),
    data: new Uint8Array(data).toBase64(),
  };
  return JSON.stringify(sealed);
}

/** The text again. Rejects with a ClusterError: `wrongToken` for another secret or changed bytes, `unreadable` for what {@linkcode seal} never made. */
export async function unseal(secret: string, sealed: string): Promise<string> {
  const { iterations, salt, iv, data } = parse(sealed);
  const key = await keyOf(secret, Uint8Array.fromBase64(salt), iterations);
  let text: ArrayBuffer;
  try {
    text = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: Uint8Array.fromBase64(iv) },
      key,
      Uint8Array.fromBase64(data),
    );
  } catch (cause) {
    throw new ClusterError("wrongToken", "the token does not open what the cluster's servers share", { cause });
  }
  return new TextDecoder().decode(text);
}

function parse(text: string): Sealed {
  let sealed: Partial<Sealed>;
  try {
    sealed = JSON.parse(text) as Partial<Sealed>;
  } catch (cause) {
    throw new ClusterError("unreadable", "what the cluster's servers share is no JSON", { cause });
  }
  const { version, kdf, cipher, iterations = 0, salt, iv, data } = sealed;
  if (version !== VERSION || kdf !== "PBKDF2-SHA256" || cipher !== "AES-256-GCM") {
    throw new ClusterError(
      "unreadable",
      `what the cluster's servers share is sealed in format ${version} (${kdf}, ${cipher}), which this version does not know: upgrade this server`,
    );
  }
  const isWhole = [salt, iv, data].every((part) => typeof part === "string");
  if (isWhole && Number.isInteger(iterations) && iterations > 0 && iterations <= MOST_ITERATIONS) {
    return sealed as Sealed;
  }
  throw new ClusterError("unreadable", `what the cluster's servers share is damaged (${iterations} iterations)`);
}

async function keyOf(secret: string, salt: Uint8Array<ArrayBuffer>, iterations: number): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), "PBKDF2", false, [
    "deriveKey",
  ]);
  return await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

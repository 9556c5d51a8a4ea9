import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** The algorithms of service-account tokens, as upstream: one for each kind of key. */
export type TokenAlgorithm = "RS256" | "ES256" | "ES384" | "ES512";

/** One key, with the only algorithm it is ever used with: a token cannot choose. */
export interface TokenKey {
  /** The public key's fingerprint, as upstream makes it. */
  readonly id: string;
  readonly algorithm: TokenAlgorithm;
  readonly key: KeyObject;
}

export interface TokenKeys {
  /** Private. */
  readonly signing: TokenKey;
  /** Public; the signing key's own is the first. */
  readonly verification: readonly TokenKey[];
}

/** Key material that cannot be used. The message names where it comes from. */
export class TokenKeyError extends Error {
  readonly reason = "InvalidTokenKey";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TokenKeyError";
  }
}

/** PEM text, and the file it comes from for messages. */
export interface KeyText {
  readonly text: string;
  readonly file: string;
}

const curves: Readonly<Record<string, TokenAlgorithm>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};
const maxKeys = 64;

/**
 * The keys of service-account tokens. The first private key of `signing` signs; its other keys, and all of `further` (public or private keys, or
 * certificates), only verify: that is how a key is rotated without a token becoming void. Throws a TokenKeyError.
 */
export function readTokenKeys(signing: KeyText, further: readonly KeyText[] = []): TokenKeys {
  const [first] = blocksOf(signing);
  if (!first!.includes("PRIVATE KEY-----")) {
    throw new TokenKeyError(`${signing.file}: its first key signs, so it must be a private one`);
  }
  const verification = new Map<string, TokenKey>();
  for (const source of [signing, ...further]) {
    for (const block of blocksOf(source)) {
      const key = tokenKey(publicKeyOf(block, source.file), source.file);
      if (!verification.has(key.id)) verification.set(key.id, key);
    }
  }
  if (verification.size > maxKeys) {
    throw new TokenKeyError(
      `there are ${verification.size} keys for service-account tokens; at most ${maxKeys} are taken`,
    );
  }
  const keys = [...verification.values()];
  return { signing: { ...keys[0]!, key: createPrivateKey(first!) }, verification: keys };
}

/** As `/openid/v1/jwks` shows them: public keys alone. */
export function jsonWebKeySet({ verification }: Pick<TokenKeys, "verification">): {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
} {
  return {
    // In upstream's order: some compare the text.
    keys: verification.map(({ id, algorithm, key }) => {
      const { kty, crv, ...numbers } = key.export({ format: "jwk" });
      return { use: "sig", kty, kid: id, ...crv === undefined ? {} : { crv }, alg: algorithm, ...numbers };
    }),
  };
}

function blocksOf({ text, file }: KeyText): readonly string[] {
  const blocks = text.match(/-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g) ?? [];
  const keys = blocks.filter((block) => !block.startsWith("-----BEGIN EC PARAMETERS"));
  if (keys.length === 0) throw new TokenKeyError(`${file}: it holds no key in PEM`);
  return keys;
}

function publicKeyOf(block: string, file: string): KeyObject {
  try {
    return createPublicKey(block.includes("PRIVATE KEY-----") ? createPrivateKey(block) : block);
  } catch (cause) {
    throw new TokenKeyError(`${file}: a key in it cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function tokenKey(key: KeyObject, file: string): TokenKey {
  const algorithm = key.asymmetricKeyType === "rsa"
    ? "RS256"
    : key.asymmetricKeyType === "ec"
    ? curves[key.asymmetricKeyDetails?.namedCurve ?? ""]
    : undefined;
  if (algorithm === undefined) {
    throw new TokenKeyError(
      `${file}: a key of the type ${key.asymmetricKeyType} is none for tokens: take RSA, P-256, P-384 or P-521`,
    );
  }
  const id = createHash("sha256").update(key.export({ type: "spki", format: "der" })).digest("base64url");
  return { id, algorithm, key };
}

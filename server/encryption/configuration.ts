import { EncryptionError } from "./error.ts";

export interface EncryptionKey {
  readonly name: string;
  /** 32 random bytes. */
  readonly secret: Uint8Array;
}

/** How Secrets are written, and by which keys they can be read. */
export interface EncryptionState {
  /** With the first key, or as plain text. */
  readonly enabled: boolean;
  readonly keys: readonly EncryptionKey[];
}

const apiVersion = "apiserver.config.k8s.io/v1";
const kind = "EncryptionConfiguration";
const NAME = /^[^:/]{1,64}$/;

export function newKey(now: number, taken: readonly EncryptionKey[]): EncryptionKey {
  const stamp = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  let name = `aesgcmkey-${stamp}`;
  for (let n = 2; taken.some((key) => key.name === name); n++) name = `aesgcmkey-${stamp}-${n}`;
  return { name, secret: crypto.getRandomValues(new Uint8Array(32)) };
}

/** As kube-apiserver's `--encryption-provider-config` is written: the first provider writes, all of them read. */
export function formatConfiguration({ enabled, keys }: EncryptionState): string {
  const named = keys.map(({ name, secret }) => ({ name, secret: secret.toBase64() }));
  const aesgcm = keys.length > 0 ? [{ aesgcm: { keys: named } }] : [];
  const providers = enabled ? [...aesgcm, { identity: {} }] : [{ identity: {} }, ...aesgcm];
  return `${JSON.stringify({ kind, apiVersion, resources: [{ resources: ["secrets"], providers }] }, null, 2)}\n`;
}

type Provider = Readonly<Record<string, { readonly keys?: readonly { name?: unknown; secret?: unknown }[] }>>;

/** Throws an {@linkcode EncryptionError} that names the file. */
export function parseConfiguration(text: string, file: string): EncryptionState {
  const wrong = (what: string, cause?: unknown) =>
    new EncryptionError("badConfiguration", `${file}: ${what}; restore it from a backup`, { cause });
  let read: {
    kind?: unknown;
    resources?: readonly { resources?: readonly unknown[]; providers?: readonly Provider[] }[];
  };
  try {
    read = JSON.parse(text);
  } catch (cause) {
    throw wrong(`it is no JSON: ${(cause as Error).message}`, cause);
  }
  if (read?.kind !== kind) throw wrong(`it is no ${kind}`);
  const secrets = read.resources?.length === 1 ? read.resources[0] : undefined;
  if (secrets?.resources?.join() !== "secrets" || !Array.isArray(secrets.providers)) {
    throw wrong("it must have providers for secrets, and for nothing else");
  }
  const names = secrets.providers.map((provider) => Object.keys(provider)[0] ?? "");
  const unknown = names.find((name) => name !== "aesgcm" && name !== "identity");
  if (unknown !== undefined) throw wrong(`the provider ${JSON.stringify(unknown)} is neither aesgcm nor identity`);
  const keys = secrets.providers.flatMap(({ aesgcm }) => aesgcm?.keys ?? []).map(({ name, secret }) => {
    if (typeof name !== "string" || !NAME.test(name)) throw wrong(`${JSON.stringify(name)} is no name of a key`);
    return { name, secret: secretOf(secret) ?? fail(wrong(`the key ${name} is not 32 bytes in base64`)) };
  });
  if (names[0] === "aesgcm" && keys.length === 0) throw wrong("aesgcm has no keys");
  return { enabled: names[0] === "aesgcm", keys };
}

function secretOf(text: unknown): Uint8Array | undefined {
  try {
    const secret = Uint8Array.fromBase64(String(text));
    return secret.length === 32 ? secret : undefined;
  } catch {
    return undefined;
  }
}

function fail(error: Error): never {
  throw error;
}

import { fieldsOf } from "../../server/apiserver/auth/bootstrap_tokens.ts";
import { formatTime, parseTime } from "../../api/meta/time.ts";
import type { Secret } from "../../api/types/core_v1.ts";

/** A bootstrap token as its Secret in `kube-system` says. */
export interface BootstrapToken {
  readonly id: string;
  /** 16 characters; `id.secret` is the token. */
  readonly secret: string;
  readonly description: string;
  /** Milliseconds since the epoch; never when absent. */
  readonly expires?: number;
  readonly usages: readonly string[];
  /** Besides `system:bootstrappers`. */
  readonly groups: readonly string[];
}

export const USAGES = ["authentication", "signing"] as const;
export const DEFAULT_GROUP = "system:bootstrappers:skiff:default-node-token";
export const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
export const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

const NAMESPACE = "kube-system";
const PREFIX = "bootstrap-token-";
const TYPE = "bootstrap.kubernetes.io/token";
const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A new token, `id.secret`: 82 random bits in its secret part. */
export function generateToken(): string {
  return `${letters(6)}.${letters(16)}`;
}

function letters(count: number): string {
  let text = "";
  while (text.length < count) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    // Bytes beyond the last whole round would make the first letters likelier.
    if (byte! < 252) text += LETTERS[byte! % 36];
  }
  return text;
}

export function secretName(id: string): { readonly namespace: string; readonly name: string } {
  return { namespace: NAMESPACE, name: PREFIX + id };
}

/** Lists the Secrets of tokens, without the other ones. */
export const listed = { namespace: NAMESPACE, fieldSelector: `type=${TYPE}` };

export function secretOf(token: BootstrapToken): Secret {
  const fields: Record<string, string> = {
    "token-id": token.id,
    "token-secret": token.secret,
    ...Object.fromEntries(token.usages.map((usage) => [`usage-bootstrap-${usage}`, "true"])),
    ...token.description !== "" && { description: token.description },
    ...token.expires !== undefined && { expiration: formatTime(token.expires) },
    ...token.groups.length > 0 && { "auth-extra-groups": token.groups.join(",") },
  };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: secretName(token.id),
    type: TYPE,
    stringData: fields,
  };
}

/** Undefined for a Secret that is no complete token. An expiration that cannot be read is over. */
export function tokenOf(secret: Secret): BootstrapToken | undefined {
  const field = fieldsOf(secret);
  const id = field("token-id");
  if (secret.metadata.name !== PREFIX + id || !TOKEN.test(`${id}.${field("token-secret")}`)) return undefined;
  const expiration = field("expiration");
  return {
    id,
    secret: field("token-secret"),
    description: field("description"),
    ...expiration !== "" && { expires: timeOf(expiration) },
    usages: USAGES.filter((usage) => field(`usage-bootstrap-${usage}`) === "true"),
    groups: field("auth-extra-groups").split(",").filter(Boolean),
  };
}

function timeOf(text: string): number {
  try {
    return parseTime(text);
  } catch {
    return 0;
  }
}

import { createHash, X509Certificate } from "node:crypto";

/**
 * What lets a machine join: `S10<hash>::<credential>`, or the credential alone. The hash (SHA-256 of the cluster authority's DER, hexadecimal) lets the newcomer know
 * the cluster before it shows the credential; without it the first answer is believed.
 *
 * A credential is `server:SECRET` (joins as a server), `node:SECRET` (joins as a node), or a bootstrap token `id.secret` (a node, for a while). A bare SECRET
 * is completed by whoever reads it with what it wants to be. It is shown to the server as a bearer token.
 */
export interface ClusterToken {
  /** 64 hexadecimal digits. */
  readonly caHash?: string;
  readonly credential: string;
}

/** A join token of the wrong form; the message never shows the secret. */
export class ClusterTokenError extends Error {
  override readonly name = "ClusterTokenError";
}

export type JoinsAs = "server" | "node";

const PREFIX = "S10";
const full = /^S10([0-9a-f]{64})::(.+)$/s;
const bootstrapToken = /^[a-z0-9]{6}\.[a-z0-9]{16}$/;
const named = /^(?:server|node):(.+)$/s;
/** Longer ones than any header should be; what is printed and has no spaces survives headers, shells and files. */
const secret = /^[\x21-\x7e]{1,512}$/;

/** Reads a token as users hand it over; `joinsAs` completes a bare secret. Throws a {@linkcode ClusterTokenError}. */
export function parseClusterToken(text: string, joinsAs: JoinsAs): ClusterToken {
  const trimmed = text.trim();
  const [, caHash, rest] = full.exec(trimmed) ?? [];
  if (caHash === undefined && /^S10.*::/s.test(trimmed)) {
    throw new ClusterTokenError(
      `the token starts with ${PREFIX} but not with ${PREFIX}, 64 hexadecimal digits and "::"; copy the whole line of the server's token file`,
    );
  }
  const shown = rest ?? trimmed;
  checkSecret(named.exec(shown)?.[1] ?? shown);
  const credential = bootstrapToken.test(shown) || named.test(shown) ? shown : `${joinsAs}:${shown}`;
  return caHash === undefined ? { credential } : { caHash, credential };
}

/** The full form where the hash is known. */
export function formatClusterToken({ caHash, credential }: ClusterToken): string {
  return caHash === undefined ? credential : `${PREFIX}${caHash}::${credential}`;
}

/** Throws a {@linkcode ClusterTokenError} for what cannot be the secret part of a token. */
export function checkSecret(text: string): void {
  if (secret.test(text)) return;
  throw new ClusterTokenError(
    text === ""
      ? "the token is empty"
      : "the token's secret must be 1 to 512 printable ASCII characters without spaces; this one is not",
  );
}

/** The certificates of a PEM text, each with its line ends. */
export function certificatesIn(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\r?\n?/g) ?? [];
}

/** Of a cluster's authority, PEM. When servers follow each other's roots, the first certificate counts. */
export function caHashOf(pem: string): string {
  return createHash("sha256").update(new X509Certificate(pem).raw).digest("hex");
}

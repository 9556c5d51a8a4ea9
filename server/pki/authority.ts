import { X509Certificate } from "node:crypto";
import { PkiError } from "./error.ts";
import { certificatesIn, extendAuthority, isRoot, issueAuthority, type KeyPair, plausible } from "./issue.ts";
import { pathsOf, readPair, writePair } from "./pair_files.ts";

/** The cluster's authorities, by the names of their files. */
export const AUTHORITIES = ["server-ca", "etcd-ca", "front-proxy-ca"] as const;

const DAY = 86_400_000;
/** Half of an authority's life: whoever has been away for years still knows one that is valid. */
const RENEW_BEFORE = 5 * 365 * DAY;
/** Of its certificates that are kept, so that the bundle does not grow for ever. */
const KEPT = 8;

/** The authority `NAME.crt` and `NAME.key`, made when it is not there. */
export async function openAuthority(directory: string, name: string, now: number): Promise<KeyPair> {
  const paths = pathsOf(directory, name);
  const found = await readPair(paths);
  if (found === undefined) {
    const made = issueAuthority(`skiff-${name}@${Math.floor(now / 1000)}`, now);
    await writePair(paths, made);
    return made;
  }
  if (endOf(found.certificate) <= now) {
    throw new PkiError(
      "expired",
      `the certificate authority ${paths.certificate} has expired: check this machine's clock, or move ${directory} away and start again to make new authorities`,
    );
  }
  return found;
}

/** Extends an authority in its files, if it is time. Whether it was. */
export async function extendInFiles(directory: string, name: string, now: number): Promise<boolean> {
  const paths = pathsOf(directory, name);
  const present = await readPair(paths);
  const certificate = present && extended(present, now);
  if (certificate === undefined) return false;
  await writePair(paths, { certificate, key: present!.key });
  return true;
}

/**
 * The authority's certificates (PEM) with a longer-lived one of the same key and name before them, when the present one is in the second half of its life. What the one has signed
 * the other vouches for, on both sides: nobody needs to have learnt of it before the present one ends. Undefined when it is not time, when it is over already (the clock may be
 * wrong), and for an authority of the user's own, whose life is not ours to extend.
 */
export function extended(authority: KeyPair, now: number): string | undefined {
  const [present = ""] = certificatesIn(authority.certificate);
  const own = new X509Certificate(present);
  const isOurs = own.subject.startsWith("CN=skiff-") && isRoot(present);
  const end = endOf(present);
  if (!isOurs || end <= now || end - plausible(now) >= RENEW_BEFORE) return undefined;
  // A join token may name one of this key that is over; it stays for that.
  const others = certificatesIn(authority.certificate)
    .filter((text) => endOf(text) > now || new X509Certificate(text).publicKey.equals(own.publicKey));
  return [extendAuthority(authority, now), ...others].slice(0, KEPT)
    .map((text) => text.endsWith("\n") ? text : `${text}\n`).join("");
}

/** Of the first certificate, in milliseconds since the epoch. */
export function endOf(certificate: string): number {
  return new X509Certificate(certificate).validToDate.getTime();
}

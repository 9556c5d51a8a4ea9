import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { usagesOf } from "./certificate.ts";
import { PkiError } from "./error.ts";
import { readIfPresent, writeFileAtomically } from "./files.ts";
import { certificatesIn, crossSign, isRoot, issueAuthority, issueLeaf, type KeyPair, type Subject } from "./issue.ts";
import { pathsOf, readPair, writePair } from "./pair_files.ts";

const CLUSTER_CA = "server-ca";

/** The server's own certificates, by the services that k3s names them after. */
export const serviceCertificates: Readonly<Record<string, readonly string[]>> = {
  "admin": ["client-admin"],
  "api-server": ["serving-kube-apiserver", "client-kube-apiserver"],
};

/** Makes certificates and keys of the same subjects and names anew. Answers their paths. Rejects with a {@linkcode PkiError}. */
export async function rotateLeaves(
  directory: string,
  names: readonly string[],
  now: number,
): Promise<readonly string[]> {
  const authority = await required(directory, CLUSTER_CA);
  const paths = names.map((name) => pathsOf(directory, name));
  for (const path of paths) {
    const present = await readIfPresent(path.certificate);
    // What is not there is made at the next start.
    if (present !== undefined) await writePair(path, issueLeaf(authority, subjectOf(present), now));
  }
  return paths.map(({ certificate }) => certificate);
}

function subjectOf(certificate: string): Subject {
  const { subject, subjectAltName = "", raw } = new X509Certificate(certificate);
  const of = (attribute: string) =>
    subject.split("\n").filter((line) => line.startsWith(`${attribute}=`)).map((line) =>
      line.slice(attribute.length + 1)
    );
  const names = subjectAltName.split(", ").filter(Boolean).map((name) => name.replace(/^(DNS|IP Address):/, ""));
  return {
    commonName: of("CN")[0] ?? "",
    organizations: of("O"),
    usage: usagesOf(raw).includes("server") ? "server" : "client",
    names,
  };
}

export interface RotateAuthorityOptions {
  readonly now: number;
  /** A directory with another `server-ca.crt` and `server-ca.key`; new ones are made when absent. */
  readonly from?: string;
  /** Take it even if those who know the present authority will not trust it. */
  readonly force?: boolean;
}

/**
 * Puts another cluster authority in the place of the present one, which goes on to vouch for it, so that kubeconfigs, nodes and Pods that know
 * only the old one go on working; certificates that the old one has signed stay valid to their end. Takes effect when the servers start again, and the files of
 * before stay beside as `.old`. Rejects with a {@linkcode PkiError}, having changed nothing.
 */
export async function rotateAuthority(
  directory: string,
  { now, from, force = false }: RotateAuthorityOptions,
): Promise<KeyPair> {
  const present = await required(directory, CLUSTER_CA);
  const next = from === undefined ? await follow(present, now) : await given(from, present, now, force);
  const paths = pathsOf(directory, CLUSTER_CA);
  await writeFileAtomically(`${paths.key}.old`, present.key, 0o600);
  await writeFileAtomically(`${paths.certificate}.old`, present.certificate, 0o644);
  await writePair(paths, next);
  return next;
}

/** Takes away the trust in all authorities before the present one: who has not learnt of it by now is left outside. Answers how many they were. */
export async function forgetAuthorities(directory: string): Promise<number> {
  const { certificate, key } = await required(directory, CLUSTER_CA);
  const [own, ...others] = certificatesIn(certificate);
  await writePair(pathsOf(directory, CLUSTER_CA), { certificate: own!, key });
  return others.length;
}

async function follow(present: KeyPair, now: number): Promise<KeyPair> {
  const made = issueAuthority(`skiff-${CLUSTER_CA}@${Math.floor(now / 1000)}`, now);
  const [newest] = certificatesIn(present.certificate);
  // An earlier one's signature under the present one leads nowhere any more: no chain may be that long.
  const roots = certificatesIn(present.certificate).filter((text) => isRoot(text) && ends(text) > now);
  const cross = crossSign(made, { certificate: newest!, key: present.key });
  return { certificate: [made.certificate, cross, ...roots].map(withLineEnd).join(""), key: made.key };
}

async function given(directory: string, present: KeyPair, now: number, force: boolean): Promise<KeyPair> {
  const pair = await required(directory, CLUSTER_CA);
  const path = join(directory, `${CLUSTER_CA}.crt`);
  const certificates = certificatesIn(pair.certificate);
  const own = new X509Certificate(certificates[0]!);
  if (!own.ca) throw new PkiError("damaged", `${path}: its first certificate is no authority`);
  if (own.validToDate.getTime() <= now) throw new PkiError("expired", `${path}: its first certificate has expired`);
  if (force) return pair;
  const [root] = certificatesIn(present.certificate);
  const old = new X509Certificate(root!);
  const isVouchedFor = certificates.some((text) => {
    const certificate = new X509Certificate(text);
    return certificate.publicKey.equals(own.publicKey) && certificate.checkIssued(old) &&
      certificate.verify(old.publicKey);
  });
  if (!isVouchedFor) {
    throw new PkiError(
      "untrusted",
      `${path}: the present authority vouches for none of its certificates, so every kubeconfig, node and Pod of before would refuse it: ` +
        "let the present one sign it as well and put that certificate into the file, or leave --path out to have a new one made; --force takes it as it is",
    );
  }
  const has = certificates.some((text) => new X509Certificate(text).raw.equals(old.raw));
  return has ? pair : { certificate: [...certificates, root!].map(withLineEnd).join(""), key: pair.key };
}

async function required(directory: string, name: string): Promise<KeyPair> {
  const pair = await readPair(pathsOf(directory, name));
  if (pair !== undefined) return pair;
  throw new PkiError("keyMissing", `there is no ${join(directory, `${name}.crt`)}`);
}

function ends(text: string): number {
  return new X509Certificate(text).validToDate.getTime();
}

function withLineEnd(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

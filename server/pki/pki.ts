import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import { type Clock, systemClock } from "../../api/clock.ts";
import type { CertificateRequest } from "./certificate_request.ts";
import { PkiError } from "./error.ts";
import { readIfPresent, writeFileAtomically } from "./files.ts";
import { issueAuthority, issueLeaf, issueSigningKey, type KeyPair, plausible, type Subject } from "./issue.ts";
import { damaged, pathsOf, readPair, writePair } from "./pair_files.ts";
import { signRequest, type Wanted } from "./sign_request.ts";

export interface PkiOptions {
  /** The `kubernetes` Service's address: the first of the service network. */
  readonly serviceIP?: string;
  readonly clusterDomain?: string;
  /** Node name, node addresses and whatever `--tls-san` adds: DNS names and IP addresses. */
  readonly names?: readonly string[];
  readonly clock?: Clock;
}

/** The cluster's certificates: those that every server holds, and the authorities to issue more. All PEM. */
export interface Pki {
  /** Signs serving and client certificates of the cluster. */
  readonly clusterCa: string;
  readonly etcdCa: KeyPair;
  /** Vouches for the proxy in front of aggregated API servers. */
  readonly frontProxyCa: KeyPair;
  /** The API server's own. */
  readonly serving: KeyPair;
  /** `system:masters`. */
  readonly admin: KeyPair;
  /** How the API server shows itself to nodes. */
  readonly kubeletClient: KeyPair;
  /** PKCS #8; ECDSA P-256. */
  readonly serviceAccountKey: string;
  /** Where all of it lies. */
  readonly directory: string;
  /**
   * Makes {@linkcode serving}, {@linkcode admin} and {@linkcode kubeletClient} anew where they end soon; from then on the properties answer the new ones. Whether
   * there was anything to do.
   */
  renew(): Promise<boolean>;
  issueClient(commonName: string, organizations: readonly string[]): Promise<KeyPair>;
  issueServer(commonName: string, names: readonly string[]): Promise<KeyPair>;
  /** PEM, for up to as long as the cluster's authority lasts. Throws `PkiError` `expired`. */
  signRequest(request: CertificateRequest, wanted: Wanted): string;
  /** A node's identity towards the API server, and the certificate it serves logs and exec with. */
  issueNode(nodeName: string, addresses: readonly string[]): Promise<{ client: KeyPair; serving: KeyPair }>;
}

/** A leaf is made anew once less than this is left of its year. */
const RENEW_BEFORE = 90 * 86_400_000;

/**
 * Opens the certificates in `directory` (0700, keys 0600), making what is missing, renewing what ends soon or lacks a name it needs.
 * Authorities and the service-account key are never replaced. Fails with {@linkcode PkiError}.
 */
export async function openPki(directory: string, options: PkiOptions = {}): Promise<Pki> {
  const clock = options.clock ?? systemClock();
  const now = clock.now();
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  const [cluster, etcdCa, frontProxyCa, serviceAccountKey] = await together([
    openAuthority(directory, "server-ca", now),
    openAuthority(directory, "etcd-ca", now),
    openAuthority(directory, "front-proxy-ca", now),
    openSigningKey(join(directory, "service-account.key")),
  ]);
  const open = () => openLeaves(directory, cluster, options, clock.now());
  let leaves = await open();
  const issue = async (subject: Subject) => issueLeaf(cluster, subject, clock.now());
  return {
    clusterCa: cluster.certificate,
    etcdCa,
    frontProxyCa,
    get serving() {
      return leaves.serving;
    },
    get admin() {
      return leaves.admin;
    },
    get kubeletClient() {
      return leaves.kubeletClient;
    },
    serviceAccountKey,
    directory,
    async renew() {
      const before = leaves;
      leaves = await open();
      return (["serving", "admin", "kubeletClient"] as const).some((name) =>
        leaves[name].certificate !== before[name].certificate
      );
    },
    issueClient: (commonName, organizations) => issue({ commonName, organizations, usage: "client" }),
    issueServer: (commonName, names) => issue({ commonName, names, usage: "server" }),
    signRequest: (request, wanted) => signRequest(cluster, request, wanted, clock.now()),
    async issueNode(nodeName, addresses) {
      const commonName = `system:node:${nodeName}`;
      const organizations = ["system:nodes"];
      const [client, serving] = await Promise.all([
        issue({ commonName, organizations, usage: "client" }),
        issue({ commonName, organizations, usage: "server", names: unique([nodeName, ...addresses]) }),
      ]);
      return { client, serving };
    },
  };
}

interface Leaves {
  readonly serving: KeyPair;
  readonly admin: KeyPair;
  readonly kubeletClient: KeyPair;
}

async function openLeaves(directory: string, cluster: KeyPair, options: PkiOptions, now: number): Promise<Leaves> {
  const [serving, admin, kubeletClient] = await together([
    openLeaf(directory, "serving-kube-apiserver", cluster, {
      commonName: "kube-apiserver",
      usage: "server",
      names: servingNames(options),
    }, now),
    openLeaf(directory, "client-admin", cluster, {
      commonName: "system:admin",
      organizations: ["system:masters"],
      usage: "client",
    }, now),
    openLeaf(directory, "client-kube-apiserver", cluster, {
      commonName: "kube-apiserver-kubelet-client",
      organizations: ["system:masters"],
      usage: "client",
    }, now),
  ]);
  return { serving, admin, kubeletClient };
}

/** Like `Promise.all`, but a failure waits for the others: nothing is written any more once it is told. */
async function together<T extends readonly unknown[]>(work: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(work);
  return await Promise.all(work) as unknown as T;
}

function servingNames(options: PkiOptions): string[] {
  const domain = options.clusterDomain ?? "cluster.local";
  return unique([
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    `kubernetes.default.svc.${domain}`,
    "localhost",
    "127.0.0.1",
    "::1",
    options.serviceIP ?? "10.43.0.1",
    ...options.names ?? [],
  ]);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** The authority `NAME.crt` and `NAME.key`, made when it is not there. */
export async function openAuthority(directory: string, name: string, now: number): Promise<KeyPair> {
  const paths = pathsOf(directory, name);
  const found = await readPair(paths);
  if (found === undefined) {
    const made = await issueAuthority(`skiff-${name}@${Math.floor(now / 1000)}`, now);
    await writePair(paths, made);
    return made;
  }
  if (new X509Certificate(found.certificate).validToDate.getTime() <= now) {
    throw new PkiError(
      "expired",
      `the certificate authority ${paths.certificate} has expired: check this machine's clock, or move ${directory} away and start again to make new authorities`,
    );
  }
  return found;
}

/** The certificate `NAME.crt` and `NAME.key`, made anew when it is not there, ends soon or lacks what it needs. */
export async function openLeaf(
  directory: string,
  name: string,
  authority: KeyPair,
  subject: Subject,
  now: number,
): Promise<KeyPair> {
  const paths = pathsOf(directory, name);
  // A leaf is cheap: whatever is wrong with the present one, a new one heals it.
  const found = await readPair(paths).catch((error) => {
    if (error instanceof PkiError) return undefined;
    throw error;
  });
  if (found !== undefined && serves(found, authority, subject, now)) return found;
  const made = await issueLeaf(authority, subject, now);
  await writePair(paths, made);
  return made;
}

function serves(pair: KeyPair, authority: KeyPair, subject: Subject, now: number): boolean {
  const certificate = new X509Certificate(pair.certificate);
  const issuer = new X509Certificate(authority.certificate);
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey) &&
    certificate.validFromDate.getTime() <= now &&
    certificate.validToDate.getTime() - plausible(now) > RENEW_BEFORE &&
    (subject.names ?? []).every((name) =>
      isIP(name) === 0 ? certificate.checkHost(name) !== undefined : certificate.checkIP(name) !== undefined
    );
}

async function openSigningKey(path: string): Promise<string> {
  const found = await readIfPresent(path);
  if (found === undefined) {
    const made = await issueSigningKey();
    await writeFileAtomically(path, made, 0o600);
    return made;
  }
  try {
    createPrivateKey(found);
  } catch (cause) {
    throw damaged(path, "it holds no private key in PEM", cause);
  }
  return found;
}

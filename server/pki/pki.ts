import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import { type Clock, systemClock } from "../../api/clock.ts";
import { AUTHORITIES, endOf, extendInFiles, openAuthority } from "./authority.ts";
import type { CertificateRequest } from "./certificate_request.ts";
import { PkiError } from "./error.ts";
import { readIfPresent, writeFileAtomically } from "./files.ts";
import { issueLeaf, issueSigningKey, type KeyPair, plausible, type Subject } from "./issue.ts";
import { damaged, pathsOf, readPair, writePair } from "./pair_files.ts";
import { signRequest, type Wanted } from "./sign_request.ts";

export interface PkiOptions {
  /** The `kubernetes` Service's address: the first of the service network. */
  readonly serviceIP?: string;
  readonly clusterDomain?: string;
  /** Node name, node addresses and whatever `--tls-san` adds: DNS names and IP addresses. */
  readonly names?: readonly string[];
  readonly clock?: Clock;
  /** Brings the authorities' files up to date where several servers share them; {@linkcode extendInFiles} on each, when absent. */
  readonly authorities?: (now: number) => Promise<void>;
}

/** The cluster's certificates: those that every server holds, and the authorities to issue more. All PEM. */
export interface Pki {
  /** Signs serving and client certificates of the cluster: the present one first, then those of before that are trusted as well. */
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
  /** PKCS #8; ECDSA P-256. Users put further keys into its file, the one that signs first. */
  readonly serviceAccountKey: string;
  /** Where all of it lies. */
  readonly directory: string;
  /**
   * Extends authorities long before they end, unless others see to that (`authorities`), takes what the files have by now, and makes {@linkcode serving},
   * {@linkcode admin} and {@linkcode kubeletClient} anew where they end soon; from then on the properties answer the new ones. Whether there was anything to do.
   */
  renew(): Promise<boolean>;
  issueClient(commonName: string, organizations: readonly string[]): Promise<KeyPair>;
  issueServer(commonName: string, names: readonly string[]): Promise<KeyPair>;
  /** PEM, for up to as long as the cluster's authority lasts. Throws `PkiError` `expired`. */
  signRequest(request: CertificateRequest, wanted: Wanted): string;
  /** A node's identity towards the API server, and the certificate it serves logs and exec with. */
  issueNode(nodeName: string, addresses: readonly string[]): Promise<{ client: KeyPair; serving: KeyPair }>;
}

const DAY = 86_400_000;
/** A leaf is made anew once less than this is left of it: a client's of its year, a server's of its five. */
const RENEW_BEFORE = { client: 90 * DAY, server: 4 * 365 * DAY, peer: 90 * DAY };

/**
 * Opens the certificates in `directory` (0700, keys 0600), making what is missing, renewing what ends soon or lacks a name it needs.
 * Authorities are extended and, like the service-account key, never replaced. Fails with {@linkcode PkiError}.
 */
export async function openPki(directory: string, options: PkiOptions = {}): Promise<Pki> {
  const clock = options.clock ?? systemClock();
  const { authorities = (now) => extendAll(directory, now) } = options;
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  const openAuthorities = () => together(AUTHORITIES.map((name) => openAuthority(directory, name, clock.now())));
  const openLeavesOf = (authority: KeyPair) => openLeaves(directory, authority, options, clock.now());
  await authorities(clock.now());
  const [opened, serviceAccountKey] = await together([
    openAuthorities(),
    openSigningKey(join(directory, "service-account.key")),
  ]);
  let [cluster, etcdCa, frontProxyCa] = opened as [KeyPair, KeyPair, KeyPair];
  let leaves = await openLeavesOf(cluster);
  const issue = async (subject: Subject) => issueLeaf(cluster, subject, clock.now());
  return {
    get clusterCa() {
      return cluster.certificate;
    },
    get etcdCa() {
      return etcdCa;
    },
    get frontProxyCa() {
      return frontProxyCa;
    },
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
      const before = [...Object.values(leaves), cluster].map(({ certificate }) => certificate).join();
      await authorities(clock.now());
      // All or nothing: what cannot be read leaves the present ones in use.
      const [nextCluster, nextEtcd, nextProxy] = await openAuthorities() as [KeyPair, KeyPair, KeyPair];
      leaves = await openLeavesOf(nextCluster);
      [cluster, etcdCa, frontProxyCa] = [nextCluster, nextEtcd, nextProxy];
      return [...Object.values(leaves), cluster].map(({ certificate }) => certificate).join() !== before;
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

async function extendAll(directory: string, now: number): Promise<void> {
  for (const name of AUTHORITIES) await extendInFiles(directory, name, now);
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
    lastsLongEnough(endOf(pair.certificate), authority, subject, now) &&
    (subject.names ?? []).every((name) =>
      isIP(name) === 0 ? certificate.checkHost(name) !== undefined : certificate.checkIP(name) !== undefined
    );
}

/** One that lasts as long as its authority cannot be made any longer. */
function lastsLongEnough(end: number, authority: KeyPair, { usage }: Subject, now: number): boolean {
  return end > now && (end - plausible(now) > RENEW_BEFORE[usage] || end >= endOf(authority.certificate));
}

async function openSigningKey(path: string): Promise<string> {
  const found = await readIfPresent(path);
  if (found === undefined) {
    const made = await issueSigningKey();
    await writeFileAtomically(path, made, 0o600);
    return made;
  }
  try {
    // Those behind the first only verify; whoever reads them all says what is wrong with them.
    createPrivateKey(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]+-----/.exec(found)?.[0] ?? found);
  } catch (cause) {
    throw damaged(path, "it holds no private key in PEM", cause);
  }
  return found;
}

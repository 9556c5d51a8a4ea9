import { readIfPresent, writeFileAtomically } from "../pki/files.ts";
import { ClusterError } from "../cluster/error.ts";
import { certificateFiles, type EtcdPaths, etcdPaths } from "./paths.ts";

/** How far a data directory has come on its way to be a member. */
export type MemberState =
  /** The first member of a new cluster; may have been started or not. */
  | "founding"
  /** The same, and what SQLite held is on its way to it: starts over when interrupted. */
  | "migrating"
  /** Added to the cluster's members as a learner; may have been started or not. */
  | "joining"
  | "member";

/** What a server knows of its own etcd, beside etcd's data. */
export interface MemberFile {
  readonly state: MemberState;
  /** Unique among the members of all times: a name that comes back is another member to etcd. */
  readonly name: string;
  /** Without brackets. */
  readonly address: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** As etcd takes it: `NAME=PEER_URL,…`; what it knows itself counts once it has started. */
  readonly initialCluster: string;
}

/** Undefined when the data directory has no member. */
export async function readMemberFile({ memberFile }: EtcdPaths): Promise<MemberFile | undefined> {
  const text = await readIfPresent(memberFile);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as MemberFile;
  } catch (cause) {
    throw new ClusterError("etcd", `${memberFile} is damaged: ${(cause as Error).message}`, { cause });
  }
}

export async function writeMemberFile({ memberFile }: EtcdPaths, file: MemberFile): Promise<void> {
  await writeFileAtomically(memberFile, `${JSON.stringify(file, null, 2)}\n`, 0o600);
}

export function peerUrlOf({ address, peerPort }: Pick<MemberFile, "address" | "peerPort">): string {
  return `https://${bracketed(address)}:${peerPort}`;
}

export function clientUrlOf({ address, clientPort }: Pick<MemberFile, "address" | "clientPort">): string {
  return `https://${bracketed(address)}:${clientPort}`;
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** How programs of this machine reach the member of a data directory. */
export interface EtcdAccess {
  readonly endpoint: string;
  readonly tls: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
}

export function etcdAccess(paths: EtcdPaths, { clientPort }: Pick<MemberFile, "clientPort">): EtcdAccess {
  return {
    endpoint: `https://127.0.0.1:${clientPort}`,
    tls: { caFile: paths.ca, ...certificateFiles(paths, "client") },
  };
}

/** The same for a data directory whose server may be running or not; undefined when it has no member. */
export async function findEtcd(dataDir: string): Promise<EtcdAccess | undefined> {
  const paths = etcdPaths(dataDir);
  const file = await readMemberFile(paths);
  return file && etcdAccess(paths, file);
}

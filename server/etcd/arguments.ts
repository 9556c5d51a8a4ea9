import { clientUrlOf, type MemberFile, peerUrlOf } from "./member_file.ts";
import { certificateFiles, type EtcdPaths } from "./paths.ts";

/**
 * Flags of etcd (3.4 or newer) for a member: mutual TLS on every port; an election a second and a half after the leader's last word, so that writes go on within five;
 * pre-vote, so that a member that was cut off does not upset the others when it comes back.
 */
const FIXED: readonly string[] = [
  "--client-cert-auth=true",
  "--peer-client-cert-auth=true",
  "--heartbeat-interval=150",
  "--election-timeout=1500",
  "--pre-vote=true",
  // Bodies of the API may have 3 MiB, and several keys may go in one commit.
  "--max-request-bytes=8388608",
  "--quota-backend-bytes=8589934592",
  // Far less memory than etcd's own 100,000, which is made for other machines.
  "--snapshot-count=10000",
  "--logger=zap",
  "--log-outputs=stderr",
  "--log-level=info",
];

/** `forceNew` makes the member the only one of its cluster, whoever was in it before; etcd then listens on the loopback alone. */
export function etcdArguments(file: MemberFile, paths: EtcdPaths, forceNew = false): string[] {
  const server = certificateFiles(paths, "server");
  const peer = certificateFiles(paths, "peer");
  const local = { ...file, address: "127.0.0.1" };
  const everywhere = (urlOf: (of: MemberFile) => string) =>
    forceNew ? [urlOf(local)] : [...new Set([urlOf(local), urlOf(file)])];
  return [
    `--name=${file.name}`,
    `--data-dir=${paths.data}`,
    `--listen-client-urls=${everywhere(clientUrlOf)}`,
    `--advertise-client-urls=${clientUrlOf(file)}`,
    `--listen-peer-urls=${forceNew ? peerUrlOf(local) : peerUrlOf(file)}`,
    `--initial-advertise-peer-urls=${peerUrlOf(file)}`,
    `--initial-cluster=${forceNew ? `${file.name}=${peerUrlOf(file)}` : file.initialCluster}`,
    // Tells apart clusters that were founded at the same address.
    `--initial-cluster-token=${file.name}`,
    // A member whose data were lost must not begin a cluster of its own.
    `--initial-cluster-state=${file.state === "founding" || file.state === "migrating" ? "new" : "existing"}`,
    `--trusted-ca-file=${paths.ca}`,
    `--cert-file=${server.certFile}`,
    `--key-file=${server.keyFile}`,
    `--peer-trusted-ca-file=${paths.ca}`,
    `--peer-cert-file=${peer.certFile}`,
    `--peer-key-file=${peer.keyFile}`,
    ...FIXED,
    ...forceNew ? ["--force-new-cluster=true"] : [],
  ];
}

/** What etcd says in its log before it ends or while it has no leader, and what its user is to do about it. */
const ADVICE: readonly { readonly text: RegExp; readonly says: string; readonly rejoin?: boolean }[] = [
  {
    // Not "removed member", which it says of others.
    text: /has been permanently removed from the cluster|data-dir used by this member must be removed/,
    says: "this member was removed from the cluster",
    rejoin: true,
  },
  {
    text: /cluster ID mismatch|mismatched cluster/i,
    says: "the other members belong to another cluster than this one (it was reset or set up anew without this server)",
    rejoin: true,
  },
  {
    text: /address already in use/i,
    says: "another process uses a port of etcd; give --etcd-client-port and --etcd-peer-port",
  },
  { text: /cannot assign requested address/i, says: "this machine does not have the address of --node-ip" },
  { text: /no space left on device/i, says: "the disk is full" },
  // Its settings, which it logs at each start, have names with `corrupt-check`.
  { text: /crc mismatch|corrupt(?!-check)|unexpected EOF/i, says: "etcd's data are damaged", rejoin: true },
];

/** A sentence for the user from the end of etcd's log; undefined when it says nothing that we know. */
export function explainLog(tail: string, home: string): string | undefined {
  const found = ADVICE.find(({ text }) => text.test(tail));
  if (found === undefined) return undefined;
  const { says, rejoin } = found;
  return rejoin
    ? `${says}: remove ${home} (its data are with the others) and start again with --server and --token, to join anew`
    : says;
}

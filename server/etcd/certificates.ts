import type { Clock } from "../../api/clock.ts";
import { dirname } from "node:path";
import { openAuthority } from "../pki/authority.ts";
import { openLeaf } from "../pki/pki.ts";
import type { Subject } from "../pki/issue.ts";
import type { EtcdPaths } from "./paths.ts";

/**
 * Makes and renews the certificates of a member, all from the cluster's authority for etcd: one for its peers, who are its clients and servers at once, one for
 * its clients, and that of this server as a client. etcd reads its own anew with each connection.
 */
export async function openEtcdCertificates(
  paths: EtcdPaths,
  { name, address, clock }: { readonly name: string; readonly address: string; readonly clock: Clock },
): Promise<void> {
  const authority = await openAuthority(dirname(paths.ca), "etcd-ca", clock.now());
  const names = [...new Set([address, "127.0.0.1", "localhost"])];
  const subjects: Readonly<Record<string, Subject>> = {
    peer: { commonName: name, usage: "peer", names },
    // etcd shows it to itself as a client, too.
    server: { commonName: name, usage: "peer", names },
    client: { commonName: "skiff-server", usage: "client" },
  };
  for (const [file, subject] of Object.entries(subjects)) {
    await openLeaf(paths.tls, file, authority, subject, clock.now());
  }
}

import { join } from "node:path";
import type { Datastore } from "../../datastore/contract.ts";
import { AUTHORITIES, extended, extendInFiles } from "../pki/authority.ts";
import { readBootstrap, writeBootstrap } from "./bootstrap_record.ts";
import { announcedChanges, type SharedFiles, takeSharedFiles } from "./shared_files.ts";

export interface SharedAuthoritiesOptions {
  readonly datastore: Datastore;
  readonly serverDir: string;
  readonly secret: string | undefined;
  readonly now: number;
}

/**
 * Brings a server's authorities to those that the cluster has by now, having extended them there when it is time: whoever looks first does it, by a compare-and-swap, and the others take
 * them when they look. Before there is a cluster they are this server's alone. Rejects with a ClusterError, having changed nothing, when the token is another by now, or when
 * files were changed here.
 */
export async function syncAuthorities({ datastore, serverDir, secret, now }: SharedAuthoritiesOptions): Promise<void> {
  for (;;) {
    const theirs = await readBootstrap(datastore, secret);
    if (theirs === undefined) {
      for (const name of AUTHORITIES) await extendInFiles(join(serverDir, "tls"), name, now);
      return;
    }
    const { files } = theirs;
    // What `skiff certificate rotate-ca` has put here goes to the cluster at this server's next start.
    if (await announcedChanges(serverDir, files)) return;
    const renewed = extendedFiles(files, now);
    const isWritten = Object.keys(renewed).length === 0 ||
      await writeBootstrap(datastore, secret!, { ...theirs, files: { ...files, ...renewed } }, theirs.revision);
    if (isWritten) return await takeSharedFiles(serverDir, authoritiesIn({ ...files, ...renewed }));
  }
}

function extendedFiles(files: SharedFiles, now: number): SharedFiles {
  const found = AUTHORITIES.flatMap((name) => {
    const [certificate, key] = [files[`tls/${name}.crt`], files[`tls/${name}.key`]];
    const made = certificate && key && extended({ certificate, key }, now);
    return made ? [[`tls/${name}.crt`, made]] : [];
  });
  return Object.fromEntries(found);
}

function authoritiesIn(files: SharedFiles): SharedFiles {
  const wanted = new Set(AUTHORITIES.flatMap((name) => [`tls/${name}.crt`, `tls/${name}.key`]));
  return Object.fromEntries(Object.entries(files).filter(([path]) => wanted.has(path)));
}

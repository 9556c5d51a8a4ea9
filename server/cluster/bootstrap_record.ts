import type { Datastore } from "../../datastore/contract.ts";
import { ClusterError } from "./error.ts";
import { seal, unseal } from "./sealed.ts";
import type { SharedFiles } from "./shared_files.ts";
import type { SharedSettings } from "./shared_settings.ts";

/** Where it lies in a shared datastore: outside `/registry`, where the API's objects are. */
export const BOOTSTRAP_KEY = "/skiff/bootstrap";

/** What makes servers one cluster. */
export interface Bootstrap {
  readonly files: SharedFiles;
  readonly settings: SharedSettings;
}

export interface StoredBootstrap extends Bootstrap {
  /** Of the key, for the next write. */
  readonly revision: number;
}

/** Undefined when no server has been here before; `secret` undefined: none was given, which is an error as soon as there is something to open. */
export async function readBootstrap(
  datastore: Datastore,
  secret: string | undefined,
): Promise<StoredBootstrap | undefined> {
  const { item } = await datastore.get(BOOTSTRAP_KEY);
  if (item === undefined) return undefined;
  if (secret === undefined) {
    throw new ClusterError(
      "tokenMissing",
      "the datastore belongs to a cluster: give its token with --token or --token-file (server/token in the data directory of one of its servers)",
    );
  }
  try {
    const { files, settings } = JSON.parse(await unseal(secret, item.value)) as Bootstrap;
    return { files, settings, revision: item.modRevision };
  } catch (cause) {
    if (!(cause instanceof ClusterError) || cause.reason !== "wrongToken") throw cause;
    throw new ClusterError(
      "wrongToken",
      "the token is not that of the cluster that the datastore belongs to: copy server/token from the data directory of one of its servers; nothing was changed",
      { cause },
    );
  }
}

/** Seals it and writes it, if the key still has `revision` (0: is not there); false when another server was faster. */
export async function writeBootstrap(
  datastore: Datastore,
  secret: string,
  { files, settings }: Bootstrap,
  revision: number,
): Promise<boolean> {
  const value = await seal(secret, JSON.stringify({ files, settings }));
  const { ok } = await datastore.commit([{ kind: "put", key: BOOTSTRAP_KEY, value, expect: revision }]);
  return ok;
}

/** Seals it with a new token; servers that know only the old one are refused at their next start. Rejects with a ClusterError for a datastore that no cluster shares. */
export async function resealBootstrap(datastore: Datastore, secret: string, newSecret: string): Promise<void> {
  for (;;) {
    const found = await readBootstrap(datastore, secret);
    if (found === undefined) {
      throw new ClusterError("invalidArgument", "no cluster's servers share this datastore: there is nothing to seal");
    }
    if (await writeBootstrap(datastore, newSecret, found, found.revision)) return;
  }
}

/**
 * Puts a new text of one file among what is shared, before it is written here: other servers take it at their next start. Rejects with `foreignFiles` when another one has changed it
 * since this server last looked (`present`: what it has).
 */
export async function shareFile(
  datastore: Datastore,
  secret: string,
  { path, text, present }: { readonly path: string; readonly text: string; readonly present: string | undefined },
): Promise<void> {
  for (;;) {
    const found = await readBootstrap(datastore, secret);
    if (found === undefined || (found.files[path] !== text && found.files[path] !== present)) {
      throw new ClusterError(
        "foreignFiles",
        `another server has changed ${path}: restart this one, which takes it, and try again`,
      );
    }
    const files = { ...found.files, [path]: text };
    if (await writeBootstrap(datastore, secret, { ...found, files }, found.revision)) return;
  }
}

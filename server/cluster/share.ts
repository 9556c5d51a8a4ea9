import { join } from "node:path";
import type { Datastore } from "../../datastore/contract.ts";
import { readBootstrap, writeBootstrap } from "./bootstrap_record.ts";
import {
  announcedChanges,
  forgetChanges,
  readSharedFiles,
  recordShared,
  SHARED_FILES,
  takeSharedFiles,
} from "./shared_files.ts";
import { checkSettings, type SharedSettings } from "./shared_settings.ts";

export interface ShareOptions<T> {
  readonly datastore: Datastore;
  readonly serverDir: string;
  /** The server token's; undefined when none was given or made before. */
  readonly secret: string | undefined;
  readonly settings: SharedSettings;
  /** Opens what the files hold, making what is missing; called again when what it has made gives way to another server's. The first server has nobody to agree with. */
  open(first: boolean): Promise<T>;
  /** Makes the token of a cluster that has none yet; asked only by its first server. */
  newSecret(): string;
}

/**
 * Opens the cluster's secrets where several servers share a datastore: the first server seals them with its token and leaves them there, each other one takes them.
 * Rejects with a ClusterError, having changed nothing, for another token, other settings, or files that are another cluster's.
 */
export async function openShared<T>(
  options: ShareOptions<T>,
): Promise<{ readonly opened: T; readonly secret: string }> {
  const { datastore, serverDir, settings } = options;
  for (let secret = options.secret;;) {
    const theirs = await readBootstrap(datastore, secret);
    if (theirs !== undefined) {
      checkSettings(settings, theirs.settings);
      const changed = await announcedChanges(serverDir, theirs.files);
      const files = { ...theirs.files, ...changed };
      // Somebody else has changed something meanwhile: look again.
      if (changed && !await writeBootstrap(datastore, secret!, { ...theirs, files }, theirs.revision)) continue;
      await takeSharedFiles(serverDir, files);
      await forgetChanges(serverDir);
      return { opened: await options.open(false), secret: secret! };
    }
    const before = await readSharedFiles(serverDir);
    const opened = await options.open(true);
    secret ??= options.newSecret();
    const files = await readSharedFiles(serverDir);
    if (await writeBootstrap(datastore, secret, { files, settings }, 0)) {
      await recordShared(serverDir, files);
      return { opened, secret };
    }
    // Another first server was faster. What was made here a moment ago has been used by nobody.
    for (const { path } of SHARED_FILES) {
      if (before[path] === undefined && files[path] !== undefined) await Deno.remove(join(serverDir, path));
    }
    secret = options.secret;
  }
}

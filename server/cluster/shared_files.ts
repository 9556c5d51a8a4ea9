import { createHash } from "node:crypto";
import { join } from "node:path";
import { readIfPresent, writeFileAtomically } from "../pki/files.ts";
import { ClusterError } from "./error.ts";

/**
 * What all servers of a cluster have in common, below `server/` of the data directory. Whoever adds a secret of the cluster adds it here; a file that is not there
 * on the first server is not shared.
 */
export const SHARED_FILES: readonly { readonly path: string; readonly mode: number }[] = [
  { path: "tls/server-ca.key", mode: 0o600 },
  { path: "tls/server-ca.crt", mode: 0o644 },
  { path: "tls/etcd-ca.key", mode: 0o600 },
  { path: "tls/etcd-ca.crt", mode: 0o644 },
  { path: "tls/front-proxy-ca.key", mode: 0o600 },
  { path: "tls/front-proxy-ca.crt", mode: 0o644 },
  { path: "tls/service-account.key", mode: 0o600 },
  { path: "cred/encryption-config.json", mode: 0o600 },
];

/** Texts by their path in {@linkcode SHARED_FILES}. */
export type SharedFiles = Readonly<Record<string, string>>;

/** Digests of the files as they last were the cluster's: what tells a change that others made from one that was made here. */
const RECORD = "shared.json";

/** Those that are there. */
export async function readSharedFiles(serverDir: string): Promise<SharedFiles> {
  const found: Record<string, string> = {};
  for (const { path } of SHARED_FILES) {
    const text = await readIfPresent(join(serverDir, path));
    if (text !== undefined) found[path] = text;
  }
  return found;
}

/**
 * Brings the directory to the cluster's files. A file that is missing, or that is as the cluster had it when this server last looked, is written; one that was
 * changed here is not: rejects with `foreignFiles`, having written nothing.
 */
export async function takeSharedFiles(serverDir: string, theirs: SharedFiles): Promise<void> {
  const [ours, record] = await Promise.all([readSharedFiles(serverDir), readRecord(serverDir)]);
  const foreign = Object.keys(theirs).filter((path) =>
    ours[path] !== undefined && ours[path] !== theirs[path] && digest(ours[path]) !== record[path]
  );
  if (foreign.length > 0) {
    const paths = foreign.map((path) => join(serverDir, path)).join(", ");
    throw new ClusterError(
      "foreignFiles",
      `not the cluster's: ${paths}. This data directory has been another cluster's, or somebody has replaced the files: ` +
        "use an empty data directory, or move these files away to take the cluster's",
    );
  }
  for (const { path, mode } of SHARED_FILES) {
    const text = theirs[path];
    if (text !== undefined && text !== ours[path]) await writeFileAtomically(join(serverDir, path), text, mode);
  }
  await recordShared(serverDir, theirs);
}

/** Changes of shared files that were made here on purpose: what the cluster has of each, as a digest. */
const CHANGES = "shared-changes.json";

/** Whether this server shares its files with others. */
export async function sharesFiles(serverDir: string): Promise<boolean> {
  return await readIfPresent(join(serverDir, RECORD)) !== undefined;
}

/**
 * To be called before files of {@linkcode SHARED_FILES} are changed on purpose: at its next start this server gives them to the cluster, and the others take them at
 * theirs. Does nothing where no files are shared.
 */
export async function announceChanges(serverDir: string, paths: readonly string[]): Promise<void> {
  if (!await sharesFiles(serverDir)) return;
  const changes = { ...await readChanges(serverDir) };
  for (const path of paths) changes[path] ??= digest(await readIfPresent(join(serverDir, path)) ?? "");
  await writeFileAtomically(join(serverDir, CHANGES), `${JSON.stringify(changes, null, 2)}\n`, 0o600);
}

/** The files that were changed here since the cluster had them as they are in `theirs`; undefined when there are none. */
export async function announcedChanges(serverDir: string, theirs: SharedFiles): Promise<SharedFiles | undefined> {
  const changes = await readChanges(serverDir);
  const ours = await readSharedFiles(serverDir);
  const changed = Object.entries(ours).filter(([path, text]) =>
    text !== theirs[path] && changes[path] === digest(theirs[path] ?? "")
  );
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

export async function forgetChanges(serverDir: string): Promise<void> {
  await Deno.remove(join(serverDir, CHANGES)).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

async function readChanges(serverDir: string): Promise<Readonly<Record<string, string>>> {
  const text = await readIfPresent(join(serverDir, CHANGES));
  return text === undefined ? {} : JSON.parse(text) as Record<string, string>;
}

/** Says that these of the directory's files are the cluster's. */
export async function recordShared(serverDir: string, files: SharedFiles): Promise<void> {
  const digests = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, digest(text)]));
  const record = { ...await readRecord(serverDir), ...digests };
  const text = `${JSON.stringify(record, null, 2)}\n`;
  const path = join(serverDir, RECORD);
  if (await readIfPresent(path) !== text) await writeFileAtomically(path, text, 0o600);
}

async function readRecord(serverDir: string): Promise<Readonly<Record<string, string>>> {
  const text = await readIfPresent(join(serverDir, RECORD));
  return text === undefined ? {} : JSON.parse(text) as Record<string, string>;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

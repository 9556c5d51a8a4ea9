import { cleanUpCluster } from "./clean_up.ts";
import type { Installation } from "./installation.ts";
import type { JournalRecord } from "./journal.ts";
import { disableService, reload, stopService } from "./service.ts";

const STAGING = { directory: "/var/lib", prefix: ".skiff-install-" };

type Undo = { readonly [K in JournalRecord["kind"]]: (record: Extract<JournalRecord, { kind: K }>) => Promise<void> };

/** How each change is taken back. Every one may be repeated, and does nothing for a change that was never made. */
const UNDO: Undo = {
  async directory({ path }) {
    // One that holds what others have put there stays; `--verify` tells of it.
    await Deno.remove(path).catch(ignore(Deno.errors.NotFound, /not empty/i));
  },
  async file({ path }) {
    await removeFile(path);
    await removeFile(`${path}.new`);
  },
  async replaced({ path, backup }) {
    // Of an installation that was killed while it wrote it.
    await removeFile(`${path}.new`);
    if (await Deno.lstat(backup).then(() => false, () => true)) return;
    // A copy and a rename: the two may lie on different file systems.
    await Deno.copyFile(backup, `${path}.new`);
    const { mode, uid, gid, mtime } = await Deno.stat(backup);
    if (mode !== null) await Deno.chmod(`${path}.new`, mode & 0o7777);
    await Deno.chown(`${path}.new`, uid, gid);
    if (mtime) await Deno.utime(`${path}.new`, mtime, mtime);
    await Deno.rename(`${path}.new`, path);
  },
  async tree({ path }) {
    await Deno.remove(path, { recursive: true }).catch(ignore(Deno.errors.NotFound));
  },
  async cluster({ dataDir }) {
    if (await Deno.stat(dataDir).then(() => true, () => false)) await cleanUpCluster(dataDir);
  },
  async service(service) {
    await stopService(service);
    await disableService(service);
  },
  async reload({ init }) {
    await reload(init);
  },
};

export interface UndoOptions {
  /** Leave data directories: the next installation finds its cluster again. */
  readonly keepData: boolean;
}

/** Takes back what the journal tells, the last change first, and at the end the journal itself. */
export async function undo({ journal, directory }: Installation, { keepData }: UndoOptions): Promise<void> {
  const dataDirs = journal.flatMap((record) => record.kind === "cluster" ? [record.dataDir] : []);
  const stays = (record: JournalRecord) => keepData && record.kind === "tree" && dataDirs.includes(record.path);
  // The journal lies in directories that it names itself.
  const holdsJournal = (record: JournalRecord) =>
    record.kind === "directory" && `${directory}/`.startsWith(`${record.path}/`);
  const self = Deno.env.get("SKIFF_FILE");
  // The program goes last, so that it can be asked again when it is interrupted.
  const holdsProgram = (record: JournalRecord) =>
    self !== undefined && (
      (record.kind === "file" || record.kind === "replaced") && record.path === self ||
      record.kind === "directory" && self.startsWith(`${record.path}/`)
    );
  const reversed = journal.toReversed().filter((record) => !stays(record));
  for (const record of reversed) if (!holdsJournal(record) && !holdsProgram(record)) await undoOne(record);
  await removeStaging();
  for (const record of reversed) if (holdsProgram(record)) await undoOne(record);
  await Deno.remove(directory, { recursive: true });
  for (const record of reversed) if (holdsJournal(record)) await undoOne(record);
}

async function removeFile(path: string): Promise<void> {
  await Deno.remove(path).catch(ignore(Deno.errors.NotFound));
}

/** What installations leave that are killed: where they unpack. */
async function removeStaging(): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(STAGING.directory)) {
      if (name.startsWith(STAGING.prefix)) await Deno.remove(`${STAGING.directory}/${name}`, { recursive: true });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function undoOne(record: JournalRecord): Promise<void> {
  await (UNDO[record.kind] as (record: JournalRecord) => Promise<void>)(record);
}

function ignore(type: new (...args: never[]) => Error, message?: RegExp): (error: unknown) => void {
  return (error) => {
    if (error instanceof type || (error instanceof Error && message?.test(error.message))) return;
    throw error;
  };
}

import { cleanUpCluster } from "./clean_up.ts";
import type { Installation } from "./installation.ts";
import type { JournalRecord } from "./journal.ts";
import { disableService, reload, stopService } from "./service.ts";

type Undo = { readonly [K in JournalRecord["kind"]]: (record: Extract<JournalRecord, { kind: K }>) => Promise<void> };

/** How each change is taken back. Every one may be repeated, and does nothing for a change that was never made. */
const UNDO: Undo = {
  async directory({ path }) {
    // One that holds what others have put there stays; `--verify` tells of it.
    await Deno.remove(path).catch(ignore(Deno.errors.NotFound, /not empty/i));
  },
  async file({ path }) {
    await Deno.remove(path).catch(ignore(Deno.errors.NotFound));
  },
  async replaced({ path, backup }) {
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
  const reversed = journal.toReversed().filter((record) => !stays(record));
  for (const record of reversed) if (!holdsJournal(record)) await undoOne(record);
  await Deno.remove(directory, { recursive: true });
  for (const record of reversed) if (holdsJournal(record)) await undoOne(record);
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

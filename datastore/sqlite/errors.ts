import { DatastoreError, type DatastoreReason } from "../contract.ts";

/** SQLite's primary result codes and, for the calls that do not report their code, what their message starts with. */
const CODES: readonly { code: number; text: string; reason: DatastoreReason; advice: string }[] = [
  { code: 5, text: "database is locked", reason: "locked", advice: "another process has it open" },
  {
    code: 8,
    text: "attempt to write a readonly database",
    reason: "readOnly",
    advice: "make the file system writable again",
  },
  { code: 11, text: "database disk image is malformed", reason: "corrupt", advice: "restore a snapshot" },
  {
    code: 13,
    text: "database or disk is full",
    reason: "storageFull",
    advice: "make room; writes then go on by themselves",
  },
  {
    code: 14,
    text: "unable to open database file",
    reason: "unavailable",
    advice: "is its folder there and writable?",
  },
  { code: 26, text: "file is not a database", reason: "corrupt", advice: "move it away, or restore a snapshot" },
];

const IO_ERROR = 10;
/** The operating system's reasons behind an I/O error, as Deno's error codes. */
const SYSTEM: Readonly<Record<string, DatastoreReason>> = {
  ENOSPC: "storageFull",
  EDQUOT: "storageFull",
  EROFS: "readOnly",
};

/** The reason behind an operating system's error, if it is one of the disk's. */
export function systemReason(error: unknown): DatastoreReason | undefined {
  return SYSTEM[(error as { code?: string }).code ?? ""];
}

/** Tries to write beside the file: SQLite does not tell why an I/O failed. */
function probe(path: string): DatastoreReason | undefined {
  const file = `${path}.probe`;
  try {
    Deno.writeFileSync(file, new Uint8Array(4096));
    Deno.removeSync(file);
    return undefined;
  } catch (error) {
    return systemReason(error);
  }
}

/** What a failed call on the database at `path` means. Every other error is returned as `unavailable`, with its own message. */
export function datastoreError(error: unknown, path: string): DatastoreError {
  if (error instanceof DatastoreError) return error;
  const { message = String(error), errcode } = error as { message?: string; errcode?: number };
  const code = errcode === undefined ? undefined : errcode & 0xff;
  const row = CODES.find((row) => code === undefined ? message.startsWith(row.text) : row.code === code);
  const probed = code === IO_ERROR ? probe(path) : undefined;
  const meant = row ?? CODES.find(({ reason }) => reason === probed);
  if (meant) return new DatastoreError(meant.reason, `${path}: ${message} (${meant.advice})`, { cause: error });
  return new DatastoreError("unavailable", `${path}: ${message}`, { cause: error });
}

export function isIoError(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === IO_ERROR;
}

/** The process that holds a POSIX lock on the file, from the kernel's list. */
export function lockHolder(path: string): number | undefined {
  try {
    const { ino } = Deno.statSync(path);
    for (const line of Deno.readTextFileSync("/proc/locks").split("\n")) {
      // "1: POSIX ADVISORY WRITE <pid> <major>:<minor>:<inode> <start> <end>"
      const [, , , , pid, file] = line.split(/\s+/);
      if (file?.endsWith(`:${ino}`)) return Number(pid);
    }
  } catch {
    // No such list, on other systems or in a strict sandbox: the message then goes without the process.
  }
  return undefined;
}

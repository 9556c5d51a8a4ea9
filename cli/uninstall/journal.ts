import { UserError } from "../error.ts";

/**
 * The journal of an installation, `/etc/skiff/install/NAME/journal`. install.sh writes a line, kind and words separated by tabs, before it makes the
 * change, so that a line may stand for something that was never done.
 */
export type JournalRecord =
  /** A directory that install.sh made; goes when it is empty. */
  | { readonly kind: "directory"; readonly path: string }
  /** A file that it made, or that Skiff makes when it runs. */
  | { readonly kind: "file"; readonly path: string }
  /** A file that was there before: its copy comes back. */
  | { readonly kind: "replaced"; readonly path: string; readonly backup: string }
  /** A directory that is Skiff's with all that is in it. */
  | { readonly kind: "tree"; readonly path: string }
  /** What runs with this data directory has containers, interfaces, nft tables, cgroups. */
  | { readonly kind: "cluster"; readonly dataDir: string }
  | { readonly kind: "service"; readonly init: Init; readonly name: string; readonly file: string }
  /** The init system must read its files again after this. */
  | { readonly kind: "reload"; readonly init: Init };

export type Init = "systemd" | "openrc" | "plain";

const INITS: readonly string[] = ["systemd", "openrc", "plain"] satisfies readonly Init[];

/** Makes a record of a line's words, or nothing when they are wrong. */
const KINDS: Readonly<Record<JournalRecord["kind"], (words: readonly string[]) => JournalRecord | undefined>> = {
  directory: ([path]) => isAbsolute(path) ? { kind: "directory", path } : undefined,
  file: ([path]) => isAbsolute(path) ? { kind: "file", path } : undefined,
  replaced: ([path, backup]) => isAbsolute(path) && isAbsolute(backup) ? { kind: "replaced", path, backup } : undefined,
  tree: ([path]) => isAbsolute(path) ? { kind: "tree", path } : undefined,
  cluster: ([dataDir]) => isAbsolute(dataDir) ? { kind: "cluster", dataDir } : undefined,
  service: ([init, name, file]) =>
    isInit(init) && name && isAbsolute(file) ? { kind: "service", init, name, file } : undefined,
  reload: ([init]) => isInit(init) ? { kind: "reload", init } : undefined,
};

/** The root alone is never a record's path: a damaged journal must not empty a machine. */
function isAbsolute(path: string | undefined): path is string {
  return path !== undefined && /^\/[^/]/.test(path) && !path.split("/").includes("..");
}

function isInit(word: string | undefined): word is Init {
  return word !== undefined && INITS.includes(word);
}

/** Reads a journal; `where` names it in errors. A last line without its end was cut off while it was written: its change was not made. */
export function parseJournal(text: string, where: string): readonly JournalRecord[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.filter((line) => line !== "").map((line, i) => {
    const [kind = "", ...words] = line.split("\t");
    const record = Object.hasOwn(KINDS, kind) ? KINDS[kind as JournalRecord["kind"]](words) : undefined;
    if (!record) {
      throw new UserError(`${where}, line ${i + 1}: ${JSON.stringify(line)} is no record; nothing was undone`);
    }
    return record;
  });
}

import { getLogger } from "@logtape/logtape";

/** A file of manifests as it lies on the disk. */
export interface ManifestFile {
  /** Unique among all directories: `bundled/` or `user/`, then the path below the directory. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

export interface ManifestDirectory {
  readonly label: "bundled" | "user";
  readonly path: string;
  /** Files whose base name without its ending is in here are left out. */
  readonly disabled: readonly string[];
  /** `%{NAME}%` in the text becomes the value. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What files have made that are not there at the start stays: only one that is seen to go is pruned. */
  readonly keepsMissing?: boolean;
}

const logger = getLogger(["skiff", "addons"]);
const MAX_FILES = 1000;
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_DEPTH = 8;
const MANIFEST = /\.(ya?ml|json)$/;

/** All manifests below a directory, in order of their names. A file that cannot be read is logged and left out; no directory is an empty one. */
export async function readManifests(directory: ManifestDirectory): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const path of (await findFiles(directory.path, "", 0)).toSorted()) {
    const base = path.split("/").at(-1)!.replace(MANIFEST, "");
    if (directory.disabled.includes(base)) continue;
    if (files.length === MAX_FILES) {
      logger.error("{directory} holds more than {max} manifests; the rest is not applied", {
        directory: directory.path,
        max: MAX_FILES,
      });
      break;
    }
    const text = await read(`${directory.path}/${path}`);
    if (text === undefined) continue;
    files.push({
      name: `${directory.label}/${path}`,
      path: `${directory.path}/${path}`,
      text: substitute(text, directory.variables ?? {}),
    });
  }
  return files;
}

async function findFiles(top: string, below: string, depth: number): Promise<string[]> {
  if (depth > MAX_DEPTH) return [];
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(below ? `${top}/${below}` : top)) {
      const path = below ? `${below}/${entry.name}` : entry.name;
      // Editors keep hidden files beside the one that is being written.
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory) found.push(...await findFiles(top, path, depth + 1));
      else if (MANIFEST.test(entry.name)) found.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}

async function read(path: string): Promise<string | undefined> {
  try {
    const { size } = await Deno.stat(path);
    if (size <= MAX_BYTES) return await Deno.readTextFile(path);
    logger.error("{path} has {size} bytes; at most {max} are read. Split it into several files", {
      path,
      size,
      max: MAX_BYTES,
    });
  } catch (error) {
    // Removed between listing and reading: the watch tells of it.
    if (!(error instanceof Deno.errors.NotFound)) logger.error("{path} cannot be read: {error}", { path, error });
  }
  return undefined;
}

function substitute(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/%\{([A-Z_]+)\}%/g, (whole, name) => variables[name] ?? whole);
}

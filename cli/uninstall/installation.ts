import { UserError } from "../error.ts";
import { type JournalRecord, parseJournal } from "./journal.ts";

/** What install.sh put on this machine under one name. */
export interface Installation {
  readonly name: string;
  /** Holds the journal, copies of what it replaced, and the machine's state before. */
  readonly directory: string;
  readonly journal: readonly JournalRecord[];
}

/** Where install.sh keeps its journals, a directory for each name. */
export const INSTALLATIONS = "/etc/skiff/install";

/**
 * The one installation, or the one of that name. With several, one that others were installed after cannot be taken away first: they rely on what it
 * brought, which is in its journal alone.
 */
export async function findInstallation(name?: string, root = INSTALLATIONS): Promise<Installation> {
  const found: { name: string; at: number }[] = [];
  for await (const entry of readDir(root)) {
    const info = await Deno.stat(`${root}/${entry.name}/journal`).catch(() => undefined);
    if (info) found.push({ name: entry.name, at: info.birthtime?.getTime() ?? info.mtime?.getTime() ?? 0 });
  }
  found.sort((a, b) => a.at - b.at);
  const names = found.map((each) => each.name).join(", ");
  const chosen = name ?? (found.length === 1 ? found[0]!.name : undefined);
  if (found.length === 0) throw new UserError(`install.sh has installed nothing here: there is no journal in ${root}`);
  if (chosen === undefined) throw new UserError(`there are several installations: choose one with --name: ${names}`);
  if (!found.some((each) => each.name === chosen)) {
    throw new UserError(`there is no installation ${JSON.stringify(chosen)}; there are: ${names}`);
  }
  const directory = `${root}/${chosen}`;
  const file = `${directory}/journal`;
  return { name: chosen, directory, journal: parseJournal(await Deno.readTextFile(file), file) };
}

/** Refuses to take away what a later installation stands on. */
export async function requireNewest(name: string, root = INSTALLATIONS): Promise<void> {
  const born = async (each: string) => {
    const info = await Deno.stat(`${root}/${each}/journal`).catch(() => undefined);
    return info && (info.birthtime ?? info.mtime)?.getTime();
  };
  const own = await born(name) ?? 0;
  for await (const entry of readDir(root)) {
    const at = entry.name === name ? undefined : await born(entry.name);
    if (at !== undefined && at > own) {
      throw new UserError(
        `${entry.name} was installed after ${name} and relies on it: uninstall --name ${entry.name} first`,
      );
    }
  }
}

async function* readDir(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { UserError } from "../error.ts";

/** One key of a configuration file. */
export interface Setting {
  /** A flag's name without its dashes. */
  readonly key: string;
  /** As they are written; one unless it is a list. */
  readonly values: readonly string[];
  readonly isList: boolean;
  /** `key+:` adds to what earlier files say, and so does every later file that has the key. */
  readonly adds: boolean;
  /** `/etc/skiff/config.yaml:3` */
  readonly where: string;
}

const MAX_BYTES = 1 << 20;

/** Reads a file's settings in their order. Pure; throws a UserError that names file and line. */
export function parseSettings(text: string, file: string): Setting[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const where = (offset: number | undefined) => `${file}:${lines.linePos(offset ?? 0).line}`;
  const [fault] = document.errors;
  if (fault) throw new UserError(`${where(fault.pos[0])}: ${fault.message.split("\n")[0]!.replace(/ at line.*/, "")}`);
  const root = document.contents;
  if (root === null || isScalar(root) && root.value === null) return [];
  if (!isMap(root)) throw new UserError(`${where(root.range?.[0])}: a configuration is a mapping of flags to values`);
  return root.items.map(({ key, value }) => {
    if (!isScalar(key)) throw new UserError(`${where(0)}: a key is not the name of a flag`);
    const place = where(key.range?.[0]);
    const name = String(key.value);
    const scalar = (node: unknown): string => {
      if (isScalar(node) && node.value !== null) return node.source ?? String(node.value);
      throw new UserError(`${place}: ${name} needs a value, or a list of them`);
    };
    return {
      key: name.replace(/\+$/, ""),
      adds: name.endsWith("+"),
      isList: isSeq(value),
      values: isSeq(value) ? value.items.map(scalar) : [scalar(value)],
      where: place,
    };
  });
}

/** The settings of a file and of `FILE.d/*.yaml` in the order of their names. A missing file is an error when it is required. */
export async function readSettings(file: string, { required }: { readonly required: boolean }): Promise<Setting[]> {
  const found: Setting[] = [];
  const text = await read(file);
  if (text !== undefined) found.push(...parseSettings(text, file));
  else if (required) throw new UserError(`there is no configuration file ${file}`);
  for (const name of await namesIn(`${file}.d`)) {
    const path = `${file}.d/${name}`;
    found.push(...parseSettings(await read(path) ?? "", path));
  }
  return found;
}

/** What holds after all files: the last one to have a key decides, unless keys add. Pure. */
export function mergeSettings(settings: readonly Setting[]): Setting[] {
  const merged = new Map<string, Setting>();
  for (const setting of settings) {
    const before = merged.get(setting.key);
    merged.set(
      setting.key,
      before === undefined || !setting.adds ? setting : {
        ...setting,
        values: [...before.values, ...setting.values],
        where: `${before.where}, ${setting.where}`,
      },
    );
  }
  return [...merged.values()];
}

async function read(path: string): Promise<string | undefined> {
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_BYTES) throw new UserError(`${path} has ${size} bytes; a configuration has at most ${MAX_BYTES}`);
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof UserError) throw error;
    throw new UserError(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.map(({ name }) => name).filter((name) => /\.ya?ml$/.test(name)).toSorted();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new UserError(`${directory} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

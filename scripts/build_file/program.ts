import { run } from "./run.ts";

/** What starts on its own in the bundle: the command line, and the threads that it makes. */
const ENTRIES = ["cli/main.ts", "datastore/sqlite/worker.ts"];

/** A file of the program, its path relative to the program's folder. */
export type ProgramFile = readonly [path: string, text: string];

/**
 * Bundles the command line with code splitting, minified. `new URL("./x.ts", import.meta.url)` of a thread becomes the path of its bundle; one that is
 * no entry of ours is an error, since it would be missed only when it is first used.
 */
export async function bundleProgram(top: string): Promise<readonly ProgramFile[]> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-bundle-" });
  try {
    const options = ["--quiet", "--frozen", "--code-splitting", "--minify", "--config", `${top}/deno.json`];
    await run(Deno.execPath(), ["bundle", ...options, "--outdir", directory, ...ENTRIES], { cwd: top });
    const files: ProgramFile[] = [];
    for (const path of (await listFiles(directory)).sort()) {
      files.push([path, linkThreads(path, await Deno.readTextFile(`${directory}/${path}`))]);
    }
    return files;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Exported for its test. */
export function linkThreads(path: string, text: string): string {
  return text.replaceAll(/new URL\(("[^"]*\.ts"),\s*import\.meta\.url\)/g, (_, quoted: string) => {
    const source = (JSON.parse(quoted) as string).split("/").at(-1)!;
    const entry = ENTRIES.find((each) => each.endsWith(`/${source}`));
    if (entry === undefined) {
      throw new Error(`${path} refers to the module ${quoted}, which is no entry of the bundle: add it to ENTRIES`);
    }
    const up = "../".repeat(path.split("/").length - 1) || "./";
    return `new URL(${JSON.stringify(`${up}${entry.replace(/\.ts$/, ".js")}`)},import.meta.url)`;
  });
}

async function listFiles(directory: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${directory}/${prefix}`)) {
    if (isDirectory) found.push(...await listFiles(directory, `${prefix}${name}/`));
    else found.push(`${prefix}${name}`);
  }
  return found;
}

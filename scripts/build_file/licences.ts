import { runText } from "./run.ts";

/** What `deno info --json` tells of a program's npm packages. */
interface Graph {
  readonly modules: readonly { readonly npmPackage?: string }[];
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly localPath: string;
}

/** The licences of the npm packages that are in the program, one after the other: name, version, text. */
export async function licences(top: string): Promise<string> {
  const args = ["info", "--json", "--config", `${top}/deno.json`, "cli/main.ts"];
  const graph = JSON.parse(await runText(Deno.execPath(), args, { cwd: top, env: { NO_COLOR: "1" } })) as Graph;
  const texts = await Promise.all(
    packagesOf(graph).map(async ({ name, version, localPath }) => {
      const names = (await Array.fromAsync(Deno.readDir(localPath))).map((entry) => entry.name).sort();
      const file = names.find((each) => /^(licen[cs]e|copying)/i.test(each));
      const { license } = JSON.parse(await Deno.readTextFile(`${localPath}/package.json`)) as { license?: string };
      const text = file ? await Deno.readTextFile(`${localPath}/${file}`) : "";
      return `== ${name} ${version} (${license ?? "licence as below"})\n\n${text.trim()}\n`;
    }),
  );
  return texts.join("\n");
}

/** Those that a module imports and what these depend on, by name: the lock file's others are the tests'. */
function packagesOf({ modules, npmPackages }: Graph): readonly NpmPackage[] {
  const found = new Set<NpmPackage>();
  const visit = (id: string) => {
    const one = npmPackages[id];
    if (!one || found.has(one)) return;
    found.add(one);
    one.dependencies.forEach(visit);
  };
  for (const { npmPackage } of modules) if (npmPackage !== undefined) visit(npmPackage);
  return [...found].sort((a, b) => `${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1);
}

import { serverVersion } from "../../server/version.ts";
import { build } from "./build.ts";
import { type Lock, type LockedPackage, readLock, writeLock } from "./lock.ts";
import { type BuildOptions, parseOptions, USAGE } from "./options.ts";
import { PackageGoneError, Packages } from "./packages.ts";
import { type Architecture, ARCHITECTURES, PARTS } from "./parts.ts";
import { bundleProgram } from "./program.ts";
import { runText, sha256 } from "./run.ts";

/** scripts/build's exit code when a package of the lock cannot be had any more. */
const PACKAGE_GONE = 3;

const top = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(USAGE);
    return 0;
  }
  try {
    const options = parseOptions(args, top);
    const cache = `${Deno.env.get("SKIFF_CACHE")}/parts`;
    const denoVersion = (await Deno.readTextFile(`${top}/.deno-version`)).trim();
    const packages = new Packages({ cache, denoVersion });
    if (options.update) await writeLock(await newest(packages, ARCHITECTURES));
    else await buildAll(options, packages, cache);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`error: ${error.message}`);
    return error instanceof PackageGoneError ? PACKAGE_GONE : 1;
  }
}

async function buildAll(options: BuildOptions, packages: Packages, cache: string): Promise<void> {
  const lock = options.newest ? await newest(packages, options.architectures) : await readLock();
  const inputs = {
    top,
    cache,
    packages,
    version: serverVersion.gitVersion,
    commit: await commit(),
    committed: (await git("log", "-1", "--format=%cI")).trim(),
    program: await bundleProgram(top),
  };
  await Deno.mkdir(options.out, { recursive: true });
  const sums: string[] = [];
  for (const architecture of options.architectures) {
    for (const variant of options.variants) {
      const name = `skiff-linux-${architecture}${variant === "lean" ? "-lean" : ""}`;
      const { bytes } = await build(inputs, architecture, variant, lock[architecture]);
      await replaceFile(`${options.out}/${name}`, bytes, 0o755);
      sums.push(`${await sha256(bytes)}  ${name}`);
      console.log(`${options.out}/${name}  ${(bytes.length / 1e6).toFixed(1)} MB`);
    }
  }
  await replaceFile(`${options.out}/SHA256SUMS`, new TextEncoder().encode(sums.join("\n") + "\n"), 0o644);
}

async function newest(packages: Packages, architectures: readonly Architecture[]): Promise<Lock> {
  const lock: Record<Architecture, Record<string, LockedPackage>> = { amd64: {}, arm64: {} };
  for (const architecture of architectures) {
    for (const part of PARTS) lock[architecture][part.name] = await packages.newest(part, architecture);
  }
  return lock;
}

function git(...args: readonly string[]): Promise<string> {
  return runText("git", ["-C", top, ...args]);
}

async function commit(): Promise<string> {
  const head = (await git("rev-parse", "HEAD")).trim();
  return (await git("status", "--porcelain")).trim() === "" ? head : `${head}-dirty`;
}

async function replaceFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const temporary = `${path}.new`;
  await Deno.writeFile(temporary, bytes, { mode });
  await Deno.rename(temporary, path);
}

Deno.exit(await main(Deno.args));

import { licences } from "./licences.ts";
import type { LockedPackage } from "./lock.ts";
import type { Manifest, ManifestPart } from "../../cli/bundle/manifest.ts";
import { openPackage, type Packages } from "./packages.ts";
import { type Architecture, type Part, PARTS } from "./parts.ts";
import type { ProgramFile } from "./program.ts";
import { sha256 } from "./run.ts";
import { type BundledFile, cachedSegment, end, type Segment, segment } from "./segment.ts";
import { filesOf } from "./untar.ts";

export interface BuildInputs {
  readonly top: string;
  readonly cache: string;
  readonly packages: Packages;
  readonly version: string;
  readonly commit: string;
  /** RFC 3339. */
  readonly committed: string;
  readonly program: readonly ProgramFile[];
}

/** A finished file. */
export interface Built {
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/** Puts one file together; the same inputs give the same bytes. */
export async function build(
  inputs: BuildInputs,
  architecture: Architecture,
  variant: Manifest["variant"],
  lock: Readonly<Record<string, LockedPackage>>,
): Promise<Built> {
  const parts = PARTS.filter(({ lean }) => lean || variant === "full");
  const made = await Promise.all(parts.map((part) => buildPart(inputs, part, architecture, lock[part.name]!)));
  const own = await ownFiles(inputs);
  const manifest: Manifest = {
    version: inputs.version,
    commit: inputs.commit,
    committed: inputs.committed,
    architecture,
    variant,
    parts: [
      { name: "skiff", version: inputs.version, files: await sumsOf(own) },
      // A package that only brings another's licence is no part of its own.
      ...made.map(({ entry }) => entry).filter(({ files }) =>
        Object.keys(files).some((path) => !path.startsWith("licences/"))
      ),
    ],
  };
  const text = new TextEncoder().encode(JSON.stringify(manifest, undefined, 2) + "\n");
  const skiff = await segment([...own, { path: "manifest.json", content: text, mode: 0o644 }]);
  // Two archives of about the same size are unpacked at the same time: Deno, and all the rest.
  const [deno, ...rest] = made.map((each) => each.segment);
  const firstHalf = join([deno!.bytes, end()]);
  const payload = join([firstHalf, ...rest.map(({ bytes }) => bytes), skiff.bytes, end()]);
  const unpackedBytes = [deno!, ...rest, skiff].reduce((sum, each) => sum + each.unpackedBytes, 0);
  const halves = { payload, half: firstHalf.length, unpackedBytes };
  return { bytes: join([await header(inputs.version, architecture, halves), payload]), manifest };
}

async function buildPart(
  { cache, packages }: BuildInputs,
  part: Part,
  architecture: Architecture,
  locked: LockedPackage,
): Promise<{ readonly segment: Segment; readonly entry: ManifestPart }> {
  const bytes = await packages.get(part, architecture, locked);
  const files = async (): Promise<readonly BundledFile[]> => {
    const found = await filesOf(await openPackage(part, bytes), Object.keys(part.files));
    return Object.entries(part.files).map(([from, path]) => ({
      path,
      content: found.get(from)!,
      mode: path.startsWith("licences/") ? 0o644 : 0o755,
    }));
  };
  const key = JSON.stringify([locked.sha256, part.files]);
  // The sums are kept beside the compressed files, so that a build that finds both need not unpack the package.
  const sumsFile = `${cache}/sums-${await sha256(new TextEncoder().encode(key))}.json`;
  const kept = await Deno.readTextFile(sumsFile).then(
    (text) => JSON.parse(text) as Record<string, string>,
    () => undefined,
  );
  const sums = kept ?? await sumsOf(await files());
  if (!kept) await Deno.writeTextFile(sumsFile, JSON.stringify(sums));
  return {
    segment: await cachedSegment(cache, key, files),
    entry: {
      name: part.name,
      version: locked.version,
      package: `${part.source}:${part.package(architecture)}`,
      packageSha256: locked.sha256,
      files: sums,
    },
  };
}

async function ownFiles({ top, program }: BuildInputs): Promise<readonly BundledFile[]> {
  const encoder = new TextEncoder();
  const files: BundledFile[] = program.map(([path, text]) => ({
    path: `program/${path}`,
    content: encoder.encode(text),
    mode: 0o644,
  }));
  for await (const { name } of Deno.readDir(`${top}/manifests`)) {
    files.push({ path: `manifests/${name}`, content: await Deno.readFile(`${top}/manifests/${name}`), mode: 0o644 });
  }
  // `skiff images bundle` puts it beside the images.
  files.push({ path: "install.sh", content: await Deno.readFile(`${top}/install.sh`), mode: 0o755 });
  files.push({ path: "licences/skiff", content: await Deno.readFile(`${top}/LICENSE`), mode: 0o644 });
  files.push({ path: "licences/npm", content: encoder.encode(await licences(top)), mode: 0o644 });
  return files.toSorted((a, b) => a.path < b.path ? -1 : 1);
}

async function sumsOf(files: readonly BundledFile[]): Promise<Record<string, string>> {
  return Object.fromEntries(await Promise.all(files.map(async ({ path, content }) => [path, await sha256(content)])));
}

/** The shell script at the file's beginning. It knows where it ends, which changes where it ends: hence the loop. */
async function header(
  version: string,
  architecture: Architecture,
  { payload, half, unpackedBytes }: { payload: Uint8Array; half: number; unpackedBytes: number },
): Promise<Uint8Array> {
  const template = await Deno.readTextFile(new URL("./header.sh", import.meta.url));
  const sum = await sha256(payload);
  let bytes = new Uint8Array();
  for (let length = -1; length !== bytes.length;) {
    length = bytes.length;
    const values: Readonly<Record<string, string>> = {
      VERSION: version,
      ARCHITECTURE: architecture,
      ID: sum.slice(0, 16),
      SUM: sum,
      FROM: `${length + 1}`,
      HALF: `${half}`,
      KIB: `${Math.ceil(unpackedBytes * 1.02 / 1024)}`,
    };
    bytes = new TextEncoder().encode(template.replace(/@([A-Z]+)@/g, (_, name: string) => values[name]!));
  }
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

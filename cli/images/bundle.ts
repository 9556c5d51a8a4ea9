import { ctr, ImageImportError } from "../../agent/images/ctr.ts";
import { normalizeImageName } from "../../agent/images/names.ts";
import { createCriRuntime } from "../../agent/runtime/cri/cri_runtime.ts";
import { serverVersion } from "../../server/version.ts";
import { currentBundle } from "../bundle/bundle.ts";
import { type ContainerdFlags, containerdSocket } from "../containerd_socket.ts";
import { UserError } from "../error.ts";
import { type BundleManifest, IMAGES, INSTALLER, MANIFEST, parseManifest, parseSums, SUMS } from "./bundle_format.ts";
import { contentOf, tarIndex, textOf } from "./tar_index.ts";
import { fileSource, sha256Of, type TarSource, textSource, writeTar } from "./tar_writer.ts";

export interface BundleFlags extends ContainerdFlags {
  readonly name: string;
  /** An older bundle: what it has is left out. */
  readonly deltaFrom?: string;
}

/** Packs images, Skiff's own file and its installer into one archive for a site without a network. It appears under its name when it is whole. */
export async function bundleImages(target: string, wanted: readonly string[], flags: BundleFlags): Promise<void> {
  const own = currentBundle();
  if (!own) throw new UserError("a bundle holds the built file: run this from it (scripts/build), not from a checkout");
  const names = [...new Set(wanted.map(normalizeImageName))].sort();
  const older = flags.deltaFrom === undefined ? undefined : await readOlder(flags.deltaFrom);
  const scratch = await Deno.makeTempDir({ dir: dirnameOf(target), prefix: ".skiff-bundle-" });
  try {
    await exportImages(`${scratch}/exported.tar`, names, flags);
    using exported = await Deno.open(`${scratch}/exported.tar`);
    const files = await imageFiles(exported);
    // Whole, to know its sum: a delta's result must be the same.
    const { sha256 } = await writeTar(`${scratch}/whole.tar`, files);
    const kept = older
      ? files.filter(({ name }) => !older.manifest.images.files.includes(name) || !isBlob(name))
      : files;
    if (older) await writeTar(`${scratch}/${IMAGES}`, kept);
    else await Deno.rename(`${scratch}/whole.tar`, `${scratch}/${IMAGES}`);
    const manifest: BundleManifest = {
      format: 1,
      name: flags.name,
      version: serverVersion.gitVersion,
      architecture: own.manifest.architecture,
      images: { names, sha256, files: files.map(({ name }) => name) },
      ...(older && { base: older.manifest.images.sha256 }),
    };
    const program = await fileSource(programName(own.manifest), own.file, 0o755);
    const programSum = await sha256Of(program);
    const parts: TarSource[] = [
      textSource(MANIFEST, JSON.stringify(manifest, undefined, 2) + "\n"),
      await fileSource(INSTALLER, `${own.home}/${INSTALLER}`, 0o755),
      // The same Skiff need not be carried there again.
      ...(older?.sums.get(program.name) === programSum ? [] : [program]),
      await fileSource(IMAGES, `${scratch}/${IMAGES}`),
    ];
    const sums = await Promise.all(parts.map(async (part) => `${await sha256Of(part)}  ${part.name}\n`));
    // The sums name the program even where it is left out: the next delta is compared with them.
    if (!parts.includes(program)) sums.push(`${programSum}  ${program.name}\n`);
    await writeTar(`${scratch}/bundle.tar`, [textSource(SUMS, sums.join("")), ...parts]);
    await Deno.rename(`${scratch}/bundle.tar`, target);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
  const { size } = await Deno.stat(target);
  console.log(`packed ${names.length} images into ${target}, ${(size / 1e6).toFixed(1)} MB${older ? ", a delta" : ""}`);
}

/** Takes from their registries what the node does not have yet. */
async function exportImages(path: string, names: readonly string[], flags: ContainerdFlags): Promise<void> {
  const socket = await containerdSocket(flags);
  const runtime = createCriRuntime({ endpoint: socket });
  try {
    for (const name of names) {
      if (await runtime.images.get(name) === undefined) await runtime.images.pull(name);
    }
    await ctr(socket).export(path, names);
  } catch (error) {
    if (error instanceof ImageImportError) throw new UserError(`cannot export: ${error.message}`, { cause: error });
    throw error;
  } finally {
    await runtime.close();
  }
}

/** By name, so that the same images give the same archive. */
async function imageFiles(exported: Deno.FsFile): Promise<readonly TarSource[]> {
  const index = await tarIndex(exported);
  return index.toSorted((a, b) => a.name < b.name ? -1 : 1).map((entry) => ({
    name: entry.name,
    size: entry.size,
    content: () => contentOf(exported, entry),
  }));
}

/** What is named by its digest is the same wherever it has that name. */
function isBlob(name: string): boolean {
  return name.startsWith("blobs/sha256/");
}

async function readOlder(path: string): Promise<{ manifest: BundleManifest; sums: ReadonlyMap<string, string> }> {
  using file = await Deno.open(path);
  const index = await tarIndex(file).catch((cause) => {
    throw new UserError(`${path} is no bundle of images: ${(cause as Error).message}`, { cause });
  });
  const read = async (name: string) => {
    const entry = index.find((each) => each.name === name);
    if (!entry) throw new UserError(`${path} is no bundle of images: it has no ${name}`);
    return await textOf(file, entry);
  };
  return { manifest: parseManifest(await read(MANIFEST), path), sums: parseSums(await read(SUMS)) };
}

function programName({ architecture, variant }: { architecture: string; variant: "full" | "lean" }): string {
  return `skiff-linux-${architecture}${variant === "lean" ? "-lean" : ""}`;
}

function dirnameOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) || "/" : ".";
}

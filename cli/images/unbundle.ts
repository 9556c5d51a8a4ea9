import { UserError } from "../error.ts";
import { type BundleManifest, IMAGES, MANIFEST, parseManifest, parseSums, SUMS } from "./bundle_format.ts";
import { contentOf, type TarEntry, tarIndex } from "./tar_index.ts";
import { fileSource, sha256Of, type TarSource, writeTar } from "./tar_writer.ts";

export interface UnbundleFlags {
  readonly dataDir: string;
  /** Look only whether it could be done. */
  readonly check: boolean;
}

/**
 * Puts the images of an unpacked bundle where the agent imports and pins them, `agent/images/NAME.tar`; of a delta together with what lies there. Refuses
 * before it writes anything: a file that is not as its sum says, a delta whose base is not there.
 */
export async function unbundle(directory: string, { dataDir, check }: UnbundleFlags): Promise<BundleManifest> {
  const read = (name: string) =>
    Deno.readTextFile(`${directory}/${name}`).catch((cause) => {
      throw new UserError(`${directory} is no unpacked bundle: it has no ${name}`, { cause });
    });
  const sums = parseSums(await read(SUMS));
  const manifest = parseManifest(await read(MANIFEST), directory);
  for (const name of [MANIFEST, IMAGES]) {
    const wanted = sums.get(name);
    const found = await sha256Of(await fileSource(name, `${directory}/${name}`));
    if (found !== wanted) {
      throw new UserError(
        `${directory}/${name} has the SHA-256 ${found}, ${SUMS} says ${
          wanted ?? "nothing"
        }: refused, nothing was changed`,
      );
    }
  }
  const target = `${dataDir}/agent/images/${manifest.name}.tar`;
  if (manifest.base !== undefined) await requireBase(target, manifest.base);
  if (!check) await place(`${directory}/${IMAGES}`, target, manifest);
  return manifest;
}

async function requireBase(target: string, base: string): Promise<void> {
  const isThere = await Deno.stat(target).then(() => true, () => false);
  const found = isThere ? await sha256Of(await fileSource("", target)) : undefined;
  if (found === base) return;
  throw new UserError(
    `the bundle is a delta to images that this node does not have: ${target} ${
      found ? `has the SHA-256 ${found}` : "is not there"
    }, ` +
      `wanted is ${base}; bring the whole bundle. Nothing was changed`,
  );
}

/** In one step, since the agent imports whatever appears. */
async function place(images: string, target: string, manifest: BundleManifest): Promise<void> {
  await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
  // The agent passes over what begins with a dot.
  const part = target.replace(/([^/]+)$/, ".$1.part");
  try {
    using carried = await Deno.open(images);
    using old = manifest.base === undefined ? undefined : await Deno.open(target);
    const sources = new Map<string, TarSource>();
    const add = (file: Deno.FsFile, entries: readonly TarEntry[]) => {
      for (const entry of entries) {
        sources.set(entry.name, { name: entry.name, size: entry.size, content: () => contentOf(file, entry) });
      }
    };
    if (old) add(old, await tarIndex(old));
    add(carried, await tarIndex(carried));
    const missing = manifest.images.files.filter((name) => !sources.has(name));
    if (missing.length > 0) throw new UserError(`the bundle lacks ${missing[0]}: it is damaged; nothing was changed`);
    const { sha256 } = await writeTar(part, manifest.images.files.map((name) => sources.get(name)!));
    if (sha256 !== manifest.images.sha256) {
      throw new UserError(
        `the images have the SHA-256 ${sha256}, ${MANIFEST} says ${manifest.images.sha256}: refused, nothing was changed`,
      );
    }
    await Deno.rename(part, target);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
}

import type { ImageService } from "../runtime/contract.ts";
import { type Ctr, ctr, ImageImportError } from "./ctr.ts";
import { openArchive } from "./decompress.ts";
import { normalizeImageName } from "./names.ts";
import { nodeArchitecture, PAUSE_IMAGE, pauseImage } from "./pause_image.ts";

/** CRI learns of an image from containerd's events. */
const VISIBLE_WITHIN = 5_000;

/**
 * Imports a docker archive or OCI layout, plain or compressed, and pins its images; answers their full names. Rejects with
 * {@linkcode ImageImportError}.
 */
export async function importArchive(
  path: string,
  tool: Ctr,
  images: ImageService,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  return await importStream(await openArchive(path), tool, images, signal);
}

/** Makes sure that the sandbox's image is there. Call it before the first sandbox. */
export async function ensurePauseImage(socket: string, images: ImageService, signal?: AbortSignal): Promise<void> {
  if (await images.get(PAUSE_IMAGE, signal)) return;
  const archive = await pauseImage(nodeArchitecture());
  await importStream(new Blob([archive as Uint8Array<ArrayBuffer>]).stream(), ctr(socket), images, signal);
}

async function importStream(
  archive: ReadableStream<Uint8Array>,
  tool: Ctr,
  images: ImageService,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const stored of await tool.import(archive, signal)) {
    // What ctr calls an image of an OCI layout that names none.
    if (/^import-\d{4}-\d\d-\d\d/.test(stored)) {
      await tool.remove(stored);
      throw new ImageImportError(
        "noImage",
        "an image in it has no name: give it one with the annotation io.containerd.image.name in index.json",
      );
    }
    const name = normalizeImageName(stored);
    if (name !== stored) {
      await tool.tag(stored, name);
      await tool.remove(stored);
    }
    await tool.pin(name);
    await untilVisible(name, images, signal);
    names.push(name);
  }
  return names;
}

async function untilVisible(name: string, images: ImageService, signal?: AbortSignal): Promise<void> {
  for (let waited = 0; !await images.get(name, signal); waited += 10) {
    if (waited > VISIBLE_WITHIN) throw new ImageImportError("failed", `${name} was imported but CRI does not show it`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

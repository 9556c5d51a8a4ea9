import { ctr } from "../../agent/images/ctr.ts";
import { importArchive } from "../../agent/images/import_archive.ts";
import { normalizeImageName } from "../../agent/images/names.ts";
import type { Image, ImageService } from "../../agent/runtime/contract.ts";
import { createCriRuntime } from "../../agent/runtime/cri/cri_runtime.ts";
import { type ContainerdFlags, containerdSocket } from "../containerd_socket.ts";
import { UserError } from "../error.ts";
import { type OutputFlags, print } from "../output.ts";

async function withImages<T>(
  flags: ContainerdFlags,
  use: (images: ImageService, socket: string) => Promise<T>,
): Promise<T> {
  const socket = await containerdSocket(flags);
  const runtime = createCriRuntime({ endpoint: socket });
  try {
    return await use(runtime.images, socket);
  } finally {
    await runtime.close();
  }
}

export async function list(flags: ContainerdFlags & OutputFlags): Promise<void> {
  const found = await withImages(flags, (images) => images.list());
  const sorted = found.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)));
  const row = (image: Image) => [
    image.tags.join(",") || image.digests[0] || "<none>",
    image.id.replace(/^sha256:/, "").slice(0, 12),
    `${(image.bytes / 1e6).toFixed(1)} MB`,
  ];
  const data = sorted.map(({ id, tags, digests, bytes }) => ({ id, tags, digests, bytes }));
  await print(flags, data as Image[], ["IMAGE", "ID", "SIZE"], row, "there are no images");
}

function nameOf({ tags, digests, id }: Image): string {
  return tags[0] ?? digests[0] ?? id;
}

export async function importFiles(files: readonly string[], flags: ContainerdFlags): Promise<void> {
  await withImages(flags, async (images, socket) => {
    for (const file of files) {
      const isFile = await Deno.stat(file).then((found) => found.isFile, () => false);
      if (!isFile) throw new UserError(`there is no file ${file}`);
      try {
        for (const name of await importArchive(file, ctr(socket), images)) console.log(`imported ${name}`);
      } catch (error) {
        if (error instanceof Error && error.name === "ImageImportError") {
          throw new UserError(`${file}: ${error.message}`, { cause: error });
        }
        throw error;
      }
    }
  });
}

/** The archive appears under its name when it is whole. */
export async function exportImages(file: string, wanted: readonly string[], flags: ContainerdFlags): Promise<void> {
  const names = wanted.map(normalizeImageName);
  await withImages(flags, async (images, socket) => {
    for (const name of names) {
      if (await images.get(name) === undefined) {
        throw new UserError(`there is no image ${name} on this node; skiff images list shows what there is`);
      }
    }
    const part = `${file}.part`;
    try {
      await ctr(socket).export(part, names);
      await Deno.rename(part, file);
    } catch (error) {
      await Deno.remove(part).catch(() => {});
      throw error instanceof Error && error.name === "ImageImportError"
        ? new UserError(`${file}: ${error.message}`, { cause: error })
        : error;
    }
    const { size } = await Deno.stat(file);
    console.log(`wrote ${names.length} images to ${file}, ${(size / 1e6).toFixed(1)} MB`);
  });
}

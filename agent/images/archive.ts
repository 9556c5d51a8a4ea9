import { createHash } from "node:crypto";
import type { Architecture } from "./pause_program.ts";

/** One entry of a layer; directories need none. */
export type LayerEntry =
  | { readonly path: string; readonly content: Uint8Array; readonly mode: number }
  | { readonly path: string; readonly link: string };

export interface ImageContent {
  /** `repository:tag`, as it is written into the archive. */
  readonly tag: string;
  readonly architecture: Architecture;
  readonly entries: readonly LayerEntry[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly user?: string;
}

/** An image of one layer as `docker save` writes it. The same content gives the same bytes. */
export async function dockerArchive(image: ImageContent): Promise<Uint8Array> {
  const layer = await tar(image.entries);
  const config = new TextEncoder().encode(JSON.stringify({
    architecture: image.architecture,
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: {
      ...(image.entrypoint ? { Entrypoint: image.entrypoint } : {}),
      ...(image.command ? { Cmd: image.command } : {}),
      ...(image.user ? { User: image.user } : {}),
      Env: image.env ?? ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    },
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "skiff" }],
  }));
  const [configName, layerName] = [`${sha256(config)}.json`, `${sha256(layer)}.tar`];
  const manifest = JSON.stringify([{ Config: configName, RepoTags: [image.tag], Layers: [layerName] }]);
  return await tar([
    { path: "manifest.json", content: new TextEncoder().encode(manifest), mode: 0o644 },
    { path: configName, content: config, mode: 0o644 },
    { path: layerName, content: layer, mode: 0o644 },
  ]);
}

/** A tar archive; its entries bear no time. The library is loaded when one is made: most starts of a node make none. */
export async function tar(entries: readonly LayerEntry[]): Promise<Uint8Array> {
  // By its default export: a bundle offers no other names of a CommonJS module that is imported late.
  const { default: { pack } } = await import("tar-stream") as unknown as { default: typeof import("tar-stream") };
  const archive = pack();
  const mtime = new Date(0);
  for (const entry of entries) {
    if ("link" in entry) archive.entry({ name: entry.path, type: "symlink", linkname: entry.link, mtime });
    else archive.entry({ name: entry.path, mode: entry.mode, mtime }, entry.content as never);
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

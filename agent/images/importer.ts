import { getLogger } from "@logtape/logtape";
import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../../api/clock.ts";
import type { ContainerRuntime } from "../runtime/contract.ts";
import { ctr, ImageImportError } from "./ctr.ts";
import { importArchive } from "./import_archive.ts";
import { type ImportRecord, readImportRecord, writeImportRecord } from "./import_record.ts";

const log = getLogger(["skiff", "images"]);

export interface ImageImporterOptions {
  /** Watched; made when it is not there. */
  readonly directory: string;
  /** Where to remember what was imported; best below containerd's own root, so that they are lost together. */
  readonly recordFile: string;
  /** containerd's socket. */
  readonly socket: string;
  readonly runtime: ContainerRuntime;
  /** A file counts as whole when it stayed as it is for so many milliseconds. */
  readonly settle?: number;
  readonly clock?: Clock;
  /** Told of each file that could not be imported, once per state of the file. */
  readonly onProblem?: (problem: { readonly path: string; readonly message: string }) => void;
  readonly onImported?: (imported: { readonly path: string; readonly images: readonly string[] }) => void;
}

export interface ImageImporter {
  /** Full names of all images that lie in the directory: image garbage collection leaves them alone. */
  pinned(): ReadonlySet<string>;
  stop(): Promise<void>;
}

const ARCHIVE = /\.(tar|tar\.gz|tgz|tar\.zst)$/;
const SETTLE = 1_000;

/**
 * Imports what lies in the directory, then what appears or changes there. Resolves when the former is done, but for files that
 * are still being copied; broken files are told and left out.
 */
export async function startImageImporter(options: ImageImporterOptions): Promise<ImageImporter> {
  const { directory, recordFile, runtime, settle = SETTLE } = options;
  const clock = options.clock ?? systemClock({ background: true });
  await Deno.mkdir(directory, { recursive: true });
  const record = await readImportRecord(recordFile);
  const tool = ctr(options.socket);
  const stopping = new AbortController();
  const settling = new Map<string, () => void>();
  /** Files are imported one after the other: unpacking is bound by the disk. */
  let queue = Promise.resolve();

  async function importFile(name: string): Promise<void> {
    const path = `${directory}/${name}`;
    try {
      const info = await Deno.stat(path);
      const state = { size: info.size, mtime: info.mtime?.getTime() ?? 0 };
      const known = record.get(name);
      const present = known !== undefined && await allPresent(known.images);
      if (present && known.size === state.size && known.mtime === state.mtime) return;
      const sha256 = await hashOf(path);
      let images = known?.images ?? [];
      if (!present || known.sha256 !== sha256) {
        log.info("importing {path}", { path });
        images = await importArchive(path, tool, runtime.images, stopping.signal);
        log.info("imported {images} from {path}", { path, images: images.join(", ") });
        options.onImported?.({ path, images });
      }
      record.set(name, { ...state, sha256, images });
      await writeImportRecord(recordFile, record);
    } catch (error) {
      if (stopping.signal.aborted || error instanceof Deno.errors.NotFound) return;
      const message = error instanceof ImageImportError || error instanceof Error ? error.message : String(error);
      log.error("cannot import {path}: {message}; it will be tried again when the file changes", { path, message });
      options.onProblem?.({ path, message });
    }
  }

  async function allPresent(images: readonly string[]): Promise<boolean> {
    for (const image of images) if (!await runtime.images.get(image, stopping.signal)) return false;
    return true;
  }

  async function modifiedAt(name: string): Promise<number | undefined> {
    return (await Deno.stat(`${directory}/${name}`).catch(() => undefined))?.mtime?.getTime();
  }

  async function forget(name: string): Promise<void> {
    if (record.delete(name)) await writeImportRecord(recordFile, record);
  }

  function enqueue(name: string): void {
    queue = queue.then(() => importFile(name));
  }

  /** Each change puts the import off until nothing was written for a while. */
  function changed(name: string): void {
    settling.get(name)?.();
    settling.set(
      name,
      clock.after(settle, () => {
        settling.delete(name);
        enqueue(name);
      }),
    );
  }

  const watcher = Deno.watchFs(directory, { recursive: false });
  const watching = (async () => {
    for await (const event of watcher) {
      if (event.kind === "access") continue;
      for (const path of event.paths) {
        const name = path.slice(path.lastIndexOf("/") + 1);
        if (!ARCHIVE.test(name)) continue;
        if (await Deno.stat(path).catch(() => undefined)) changed(name);
        else await forget(name);
      }
    }
  })();

  await removeVanished(record, directory);
  const fresh = new Map<string, number | undefined>();
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory || !ARCHIVE.test(name)) continue;
    const changedAt = await modifiedAt(name);
    if (clock.now() - (changedAt ?? 0) < settle) fresh.set(name, changedAt);
    else enqueue(name);
  }
  if (fresh.size > 0) await new Promise<void>((resolve) => clock.after(settle, resolve));
  for (const [name, changedAt] of fresh) {
    // A file that is still being copied tells of itself by its next change.
    if (await modifiedAt(name) === changedAt) enqueue(name);
    else changed(name);
  }
  await queue;

  return {
    pinned: () => new Set([...record.values()].flatMap(({ images }) => images)),
    async stop() {
      stopping.abort();
      watcher.close();
      for (const cancel of settling.values()) cancel();
      await Promise.all([watching, queue]);
    },
  };
}

async function removeVanished(record: ImportRecord, directory: string): Promise<void> {
  for (const name of record.keys()) {
    if (!await Deno.stat(`${directory}/${name}`).catch(() => undefined)) record.delete(name);
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

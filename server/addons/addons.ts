import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { configmaps } from "../../api/resources.ts";
import type { ResourceRow } from "../../api/schema/contract.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import type { ConfigMap } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event_recorder.ts";
import { WorkQueue } from "../../client/work_queue.ts";
import { applyObject, pruneObject } from "./apply.ts";
import {
  INVENTORY_LABEL,
  INVENTORY_NAMESPACE,
  inventoryConfigMap,
  type InventoryItem,
  inventoryName,
  itemOf,
  itemsOf,
  union,
  vanished,
} from "./inventory.ts";
import { type ManifestDirectory, type ManifestFile, readManifests } from "./manifest_file.ts";
import { ManifestError, parseManifest } from "./parse_manifest.ts";

export interface AddonsOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly resources: readonly ResourceRow[];
  readonly directories: readonly ManifestDirectory[];
  readonly signal: AbortSignal;
}

const logger = getLogger(["skiff", "addons"]);
/** A burst of changes, such as a copied directory, is read once; an editor has written its file whole by then. */
const SETTLE = 250;

/**
 * Applies all manifests, then each that changes, and prunes what a changed or removed file no longer makes. One file is worked on at a time; a file
 * that fails is tried again with back-off, except when its text is at fault: then when it changes.
 */
export async function startAddons(options: AddonsOptions): Promise<void> {
  await new Addons(options).start();
}

class Addons {
  readonly #options: AddonsOptions;
  readonly #queue: WorkQueue;
  #files = new Map<string, ManifestFile>();
  /** Texts as they were last worked on. */
  readonly #done = new Map<string, string>();

  constructor(options: AddonsOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock, { base: 500, max: 60_000 });
  }

  async start(): Promise<void> {
    const { signal, directories, client } = this.#options;
    const watched: string[] = [];
    for (const { path, label } of directories) {
      if (label === "user") await Deno.mkdir(path, { recursive: true, mode: 0o700 });
      if (label === "user") watched.push(path);
    }
    // Watching before reading, so that no change falls between the two.
    const watcher = Deno.watchFs(watched);
    signal.addEventListener("abort", () => {
      watcher.close();
      this.#queue.close();
    }, { once: true });
    await this.#read();
    const inventories = await client.list(configmaps, {
      namespace: INVENTORY_NAMESPACE,
      labelSelector: `${INVENTORY_LABEL}=true`,
      signal,
    });
    const kept = directories.filter(({ keepsMissing }) => keepsMissing).map(({ label }) => `${label}/`);
    for (const { data } of inventories.items) {
      const file = data?.file;
      if (!file || this.#files.has(file) || kept.some((start) => file.startsWith(start))) continue;
      this.#queue.add(file);
    }
    this.#work().catch((error) => logger.error("applying manifests has ended: {error}", { error }));
    this.#watch(watcher).catch((error) => logger.error("watching manifests has ended: {error}", { error }));
  }

  async #watch(watcher: Deno.FsWatcher): Promise<void> {
    let settling: (() => void) | undefined;
    for await (const event of watcher) {
      if (event.kind === "access") continue;
      settling?.();
      settling = this.#options.clock.after(SETTLE, () => {
        this.#read().catch((error) => logger.error("manifests cannot be read: {error}", { error }));
      });
    }
    settling?.();
  }

  /** Reads all files anew and enqueues those that changed, came or went. */
  async #read(): Promise<void> {
    const files = (await Promise.all(this.#options.directories.map(readManifests))).flat();
    const before = this.#files;
    this.#files = new Map(files.map((file) => [file.name, file]));
    for (const file of files) if (this.#done.get(file.name) !== file.text) this.#queue.add(file.name);
    for (const name of before.keys()) if (!this.#files.has(name)) this.#queue.add(name);
  }

  async #work(): Promise<void> {
    for (let name = await this.#queue.take(); name !== undefined; name = await this.#queue.take()) {
      try {
        const file = this.#files.get(name);
        if (file) await this.#apply(file);
        else await this.#remove(name);
        this.#queue.forget(name);
      } catch (error) {
        if (this.#options.signal.aborted) return;
        const wait = this.#queue.retry(name);
        logger.warn("manifest {name} could not be applied, trying again in {wait} ms: {error}", { name, wait, error });
        this.#report(name, "ApplyFailed", error);
      } finally {
        this.#queue.done(name);
      }
    }
  }

  async #apply(file: ManifestFile): Promise<void> {
    const { client, resources, signal } = this.#options;
    const before = await this.#inventory(file.name);
    let wanted;
    try {
      wanted = parseManifest(file.path, file.text, resources);
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      logger.error("{message}; nothing of this file is applied until it is mended", { message: error.message });
      this.#report(file.name, "InvalidManifest", error);
      this.#done.set(file.name, file.text);
      return;
    }
    const items = wanted.map(itemOf);
    // Noted before it is made: whatever happens in between can be pruned later.
    await this.#note(file.name, union(before, items));
    for (const object of wanted) await applyObject(client, file.name, object, signal);
    for (const item of vanished(before, items)) await pruneObject(client, file.name, item, resources, signal);
    await this.#note(file.name, items);
    this.#done.set(file.name, file.text);
    logger.info("applied {path}: {count} objects", { path: file.path, count: items.length });
  }

  async #remove(name: string): Promise<void> {
    const { client, resources, signal } = this.#options;
    const items = await this.#inventory(name);
    for (const item of vanished(items, [])) await pruneObject(client, name, item, resources, signal);
    try {
      await client.delete(configmaps, { namespace: INVENTORY_NAMESPACE, name: inventoryName(name) }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    this.#done.delete(name);
    logger.info("removed what {name} had made: {count} objects", { name, count: items.length });
  }

  /** What the file has made so far; makes an empty inventory when there is none. */
  async #inventory(name: string): Promise<InventoryItem[]> {
    const { client, signal } = this.#options;
    try {
      return itemsOf(
        await client.get(configmaps, { namespace: INVENTORY_NAMESPACE, name: inventoryName(name) }, { signal }),
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    try {
      await client.create(configmaps, inventoryConfigMap(name, []), { signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    return [];
  }

  async #note(name: string, items: readonly InventoryItem[]): Promise<void> {
    const { data } = inventoryConfigMap(name, items);
    const target = { namespace: INVENTORY_NAMESPACE, name: inventoryName(name) };
    await this.#options.client.patch<ConfigMap>(configmaps, target, { type: "merge", patch: { data } }, {
      signal: this.#options.signal,
    });
  }

  #report(name: string, reason: string, error: unknown): void {
    const about = { apiVersion: "v1", kind: "ConfigMap", namespace: INVENTORY_NAMESPACE, name: inventoryName(name) };
    this.#options.events.event(about, "Warning", reason, error instanceof Error ? error.message : String(error));
  }
}
